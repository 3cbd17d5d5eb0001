"""What Back Market accepts may show later: it is read back, then repeated once."""

from typing import Any

import httpx
import pytest

from tests.orders.conftest import Pauses
from tests.orders.desk import ENDS, PARCEL, Desk, line_ids, states, until


async def started(desk: Desk, asked: httpx.Response) -> dict[str, Any]:
    """The action, once the order did not show its effect."""
    assert asked.status_code == 202, asked.text
    return await desk.shop.wait_for(asked.headers["Location"], ("waiting", *ENDS))


async def test_an_accepted_change_that_does_not_show_waits(desk: Desk):
    order = await desk.new_order("A1")
    posts = await desk.count_requests("/ws/orders/*", "POST")
    await desk.shop.fault("ignored_row", path="/ws/orders/*")

    asked = await desk.ask(order, "accept")
    action = await started(desk, asked)

    assert (action["state"], action["code"]) == ("waiting", "effect_not_shown")
    assert await desk.counted(posts) == 1


async def test_a_refund_that_shows_late_is_made_once(desk: Desk, pauses: Pauses):
    order = await desk.new_order("A1")
    await desk.act(order, "accept")
    await desk.act(order, "ship", **PARCEL)
    posts = await desk.count_requests("/ws/orders/*", "POST")
    pauses.skipped_attempts = 0
    await desk.shop.fault("ignored_row", path="/ws/orders/*", count=1)

    asked = await desk.ask(order, "refund", {"return_reason": 21})
    await started(desk, asked)
    line = {"id": line_ids(order)[0], "state": 6}
    await desk.edit(order["marketplace_id"], orderlines=[line])
    pauses.skipped_attempts = 99
    action = await desk.shop.wait_for(asked.headers["Location"], ENDS)

    assert action["state"] == "done"
    assert await desk.counted(posts) == 1
    now = await desk.order(order["marketplace_id"])
    assert states(now) == ["refunded_after_shipping"]


@pytest.mark.parametrize("action", ["accept", "cancel"])
async def test_a_change_that_shows_at_a_later_read_is_done(
    desk: Desk, pauses: Pauses, action: str
):
    order = await desk.new_order("A1")
    posts = await desk.count_requests("/ws/orders/*", "POST")
    await desk.shop.fault("late_effect", path="/ws/orders/*", reads=3, count=1)

    ended = await desk.act(order, action)

    assert ended["state"] == "done"
    assert ended["submissions"][0]["attempts"] == 1
    assert await desk.counted(posts) == 1


async def test_a_refund_that_shows_after_its_repeat_was_refused_is_no_refusal(
    desk: Desk, pauses: Pauses
):
    order = await desk.new_order("A1")
    await desk.act(order, "accept")
    posts = await desk.count_requests("/ws/orders/*", "POST")
    await desk.shop.fault("ignored_row", path="/ws/orders/*", count=1)
    await desk.shop.fault("rejected_row", path="/ws/orders/*", message="No.")
    pauses.skipped_attempts = 1

    asked = await desk.ask(order, "refund")
    await until(lambda: desk.counted(posts), [2])
    line = {"id": line_ids(order)[0], "state": 5}
    await desk.edit(order["marketplace_id"], orderlines=[line])
    pauses.skipped_attempts = 99
    action = await desk.shop.wait_for(asked.headers["Location"], ENDS)

    assert action["state"] == "reconciled"
    assert await desk.counted(posts) == 2


async def test_a_success_without_effect_is_repeated_once(desk: Desk, pauses: Pauses):
    order = await desk.new_order("A1")
    await desk.shop.fault("ignored_row", path="/ws/orders/*", count=1)

    action = await desk.act(order, "accept")

    assert action["state"] == "done"
    assert action["submissions"][0]["attempts"] == 2
    assert len(await desk.deeds(order)) == 1


async def test_a_success_that_never_shows_fails(desk: Desk, pauses: Pauses):
    order = await desk.new_order("A1")
    posts = await desk.count_requests("/ws/orders/*", "POST")
    await desk.shop.fault("ignored_row", path="/ws/orders/*")

    action = await desk.act(order, "accept")

    assert (action["state"], action["code"]) == ("failed", "no_effect")
    assert await desk.counted(posts) == 2
    assert await desk.deeds(order) == []


async def test_one_slow_line_does_not_hold_up_another(desk: Desk):
    order = await desk.new_order("A1", "B2")
    await desk.shop.fault("ignored_row", path="/ws/orders/*", sku="A1")

    action = await started(desk, await desk.ask(order, "accept"))

    assert [each["state"] for each in action["submissions"]] == ["uncertain", "done"]


async def test_lines_that_share_a_sku_wait_for_one_request(desk: Desk):
    twice = [{"sku": "A1", "quantity": 1}, {"sku": "A1", "quantity": 1}]
    order = await desk.new_order(lines=twice)
    posts = await desk.count_requests("/ws/orders/*", "POST")
    await desk.shop.fault("ignored_row", path="/ws/orders/*")

    action = await started(desk, await desk.ask(order, "accept"))

    assert action["state"] == "waiting"
    assert await desk.counted(posts) == 1


@pytest.mark.parametrize("fault", ["dropped_before", "bad_gateway", "unavailable"])
async def test_a_request_that_never_arrived_is_repeated(
    desk: Desk, pauses: Pauses, fault: str
):
    order = await desk.new_order("A1")
    await desk.shop.fault(fault, path="/ws/orders/*", method="POST", count=1)

    action = await desk.act(order, "accept")

    assert action["state"] == "done"
    assert action["submissions"][0]["attempts"] == 2
    assert len(await desk.deeds(order)) == 1
