"""Answers get lost and workers die: every effect still happens exactly once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.orders.conftest import Pauses
from tests.orders.desk import ENDS, PARCEL, SYNCED, Desk, line_ids, states
from tests.support.shop import as_csv, open_shop, row
from tests.support.stack import WorkerProcess, open_worker

ACTION_STEPS = (
    "action.started",
    "action.marked_sending",
    "action.posted",
    "action.recorded",
    "action.before_finish",
)
SYNC_STEPS = (
    "orders.started",
    "orders.page_fetched",
    "orders.page_written",
    "orders.before_finish",
)


@pytest.mark.parametrize("fault", ["lost_answer", "bad_gateway_after"])
async def test_a_lost_response_to_a_parcel_is_resolved_by_a_readback(
    desk: Desk, fault: str
):
    order = await desk.new_order("A1", "B2")
    await desk.act(order, "accept")
    await desk.shop.fault(fault, path="/ws/orders/*", method="POST", count=1)

    action = await desk.act(order, "ship", **PARCEL)

    assert action["state"] == "reconciled"
    assert action["submissions"][0]["attempts"] == 1
    shipped = [deed for deed in await desk.deeds(order) if deed[0] == 3]
    assert shipped == [(3, tuple(line_ids(order)))]


async def test_a_failed_readback_is_retried(desk: Desk):
    order = await desk.new_order("A1")
    await desk.shop.fault("lost_answer", path="/ws/orders/*", method="POST", count=1)
    await desk.shop.fault("bad_gateway", path="/ws/orders/*", method="GET", count=1)

    action = await desk.act(order, "accept")

    assert action["state"] == "reconciled"
    assert len(await desk.deeds(order)) == 1


async def test_a_refused_token_ends_an_action_that_was_not_sent(desk: Desk):
    order = await desk.new_order("A1")
    await desk.shop.fault("token_refused", path="/ws/*")

    action = await desk.act(order, "accept")

    assert (action["state"], action["code"]) == ("refused", "token_refused")
    assert await desk.deeds(order) == []


@pytest.fixture
async def quiet(api: httpx.AsyncClient, sandbox_url: str) -> Desk:
    """A desk that no worker serves yet."""
    opened = Desk(await open_shop(api, sandbox_url))
    await opened.stock()
    return opened


def _die_at(process: WorkerProcess, step: str, marker: Path) -> None:
    process.crash_at(step, marker)
    process.start()


@pytest.mark.parametrize("step", ACTION_STEPS)
async def test_an_action_survives_a_kill_at(
    quiet: Desk,
    settings: Settings,
    process: WorkerProcess,
    tmp_path: Path,
    pauses: Pauses,
    step: str,
):
    async with open_worker(settings):
        order = await quiet.new_order("A1", "B2")
    asked = await quiet.ask(order, "accept")

    _die_at(process, step, tmp_path / "died")
    action = await quiet.shop.wait_for(asked.headers["Location"], ENDS)

    assert action["state"] in {"done", "reconciled"}
    assert sorted(await quiet.deeds(order)) == [(2, (n,)) for n in line_ids(order)]
    now = await quiet.order(order["marketplace_id"])
    assert states(now) == ["to_ship", "to_ship"]


async def test_a_sold_listing_is_read_after_a_kill(
    quiet: Desk, settings: Settings, process: WorkerProcess, tmp_path: Path
):
    """The sale came before the second quantity, which is live, and too high."""
    earlier = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    async with open_worker(settings):
        await quiet.shop.upload([row("N", quantity=4)])
        await quiet.shop.publish()
        await quiet.buy("N")
        await quiet.shop.upload_bytes(as_csv([row("N", quantity=6)]), as_of=earlier)
        await quiet.shop.publish()
    asked = await quiet.ask_sync()

    _die_at(process, "orders.listings_read", tmp_path / "died")
    sync = await quiet.shop.wait_for(asked.headers["Location"], SYNCED)
    run = await quiet.shop.publish()

    assert (tmp_path / "died").exists()
    assert sync["state"] == "done"
    assert [(c["before"], c["after"]) for c in await quiet.shop.changes(run)] == [
        ({"quantity": 6}, {"quantity": 5})
    ]


@pytest.mark.parametrize("step", SYNC_STEPS)
async def test_a_sync_survives_a_kill_at(
    quiet: Desk, process: WorkerProcess, tmp_path: Path, step: str
):
    await quiet.seed(120)
    asked = await quiet.ask_sync()

    _die_at(process, step, tmp_path / "died")
    sync = await quiet.shop.wait_for(asked.headers["Location"], SYNCED)

    assert sync["state"] == "done"
    assert len(await quiet.numbers()) == 120
