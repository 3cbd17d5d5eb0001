"""Reminders before an order is late, once for each reason."""

import asyncio
from typing import Any

import pytest

from tests.events.recorded import data_of
from tests.orders.automating import automate, settled
from tests.orders.desk import Desk, states
from tests.support.stack import query


async def update_orders(database_url: str, change: str) -> None:
    """In a thread: the worker that may hold a row lives on this event loop."""
    statement = f"UPDATE sales_order SET {change}"  # noqa: S608 - ours
    await asyncio.to_thread(query, database_url, statement)


def reminders(database_url: str) -> list[dict[str, Any]]:
    return data_of(database_url, "order.due_soon")


async def test_an_order_has_a_reminder_once_for_each_reason(
    desk: Desk, database_url: str
):
    remind = {"before_acceptance": "PT2H", "before_dispatch": "PT6H"}
    await automate(desk, remind=remind)
    order = await desk.new_order("A1")
    await settled(desk, database_url)

    async def after(change: str) -> list[str]:
        await update_orders(database_url, change)
        await settled(desk, database_url)
        await settled(desk, database_url)
        return [each["due"] for each in reminders(database_url)]

    early = await after("dispatch_by = now() + interval '6 hours 5 minutes'")
    accept = await after("paid_at = now() - interval '22 hours 1 minute'")
    ship = await after("dispatch_by = now() + interval '5 hours'")

    assert (early, accept, ship) == (
        *([], ["not_accepted"], ["not_accepted", "not_shipped"]),
    )
    assert reminders(database_url)[0]["order_id"] == order["id"]
    assert states(await desk.order(order["marketplace_id"])) == ["to_accept"]


@pytest.mark.parametrize(
    ("change", "remind"),
    [
        ("dispatch_by = now() - interval '1 minute'", {}),
        ("dispatch_by = now() + interval '1 hour'", {"before_dispatch": None}),
        ("dispatch_by = NULL", {}),
        ("dispatch_by = now() + interval '1 hour', outcome = 'cancelled'", {}),
    ],
    ids=["late already", "switched off", "no date", "cancelled"],
)
async def test_an_order_without_a_reminder(
    desk: Desk, database_url: str, change: str, remind: dict[str, Any]
):
    await automate(desk, remind=remind)
    await desk.new_order("A1")
    await settled(desk, database_url)
    await update_orders(database_url, change)

    await settled(desk, database_url)

    assert reminders(database_url) == []
