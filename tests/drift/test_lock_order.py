"""The end of a drift check locks rows in the order of requests: no deadlock."""

import asyncio
from typing import LiteralString

import psycopg

from app.settings import Settings
from tests.drift.drift_shop import run_drift_check, wait_for_drift_check
from tests.publications.watching import eventually
from tests.support.shop import Shop
from tests.support.stack import query

WAITING = (
    "SELECT 1 FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
LOCKS: tuple[LiteralString, ...] = (
    "SELECT 1 FROM seller_account FOR NO KEY UPDATE NOWAIT",
    "SELECT 1 FROM drift_check FOR UPDATE NOWAIT",
)
"""What requests lock after the store."""


async def test_the_end_of_a_check_waits_for_the_store_first(
    shop: Shop, settings: Settings
):
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    async def is_blocked() -> bool:
        return bool(await asyncio.to_thread(query, url, WAITING))

    await shop.hold_answer(method="GET", path="/ws/listings")
    await run_drift_check(shop, wait=False)
    await eventually(shop.answer_is_held)
    async with await psycopg.AsyncConnection.connect(url) as request:
        await request.execute("SELECT 1 FROM store FOR NO KEY UPDATE")
        await shop.clear_faults()
        await eventually(is_blocked)
        for lock in LOCKS:
            await request.execute(lock)

    assert (await wait_for_drift_check(shop))["state"] == "done"
