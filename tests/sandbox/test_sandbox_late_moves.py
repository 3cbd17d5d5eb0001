"""Order moves that are accepted and show late."""

import pytest

from app.sandbox.control.snapshot import dump
from app.sandbox.main import create_sandbox
from app.sandbox.options import SandboxOptions

STEPS = {
    2: {"sku": "A1"},
    3: {"tracking_number": "XY1"},
    4: {"sku": "A1"},
    5: {"sku": "A1"},
    6: {"sku": "A1", "return_reason": 21},
}
BEFORE = {2: 1, 3: 2, 4: 1, 5: 2, 6: 3}


@pytest.fixture
async def order_id(shop):
    await shop.one()
    return (await shop.buy(("A1", 1)))["order_id"]


async def force(shop, order_id, state):
    line = {"sku": "A1", "state": state}
    await shop.control("PATCH", f"/orders/{order_id}", orderlines=[line])


def line_state(order):
    return order["orderlines"][0]["state"]


@pytest.mark.parametrize("new_state", STEPS)
async def test_a_move_can_show_after_some_seconds(shop, order_id, new_state):
    await force(shop, order_id, BEFORE[new_state])
    before = await shop.order(order_id)
    await shop.fault("late_effect", seconds=60, count=1)

    answer = await shop.move(order_id, new_state, **STEPS[new_state])
    again = await shop.move(order_id, new_state, **STEPS[new_state])
    shop.now += 59
    early = await shop.order(order_id)
    shop.now += 1
    late = await shop.order(order_id)

    assert (answer.status_code, answer.json()) == (200, before)
    assert again.status_code == 400
    assert early == before
    assert line_state(late) == new_state
    assert late["date_modification"] != before["date_modification"]
    actions = (await shop.control("GET", "/order-actions"))["actions"]
    assert [one["new_state"] for one in actions] == [new_state]


async def test_a_late_move_is_dated_by_the_time_it_was_due(shop, order_id):
    await shop.fault("late_effect", seconds=60, count=1)
    await shop.move(order_id, 2, sku="A1")
    due = shop.now + 60

    shop.now += 10_000
    await shop.order(order_id)

    raw = await shop.control("GET", f"/orders/{order_id}")
    assert raw["date_modification"] == due


async def test_a_move_can_show_after_some_reads(shop, order_id):
    await shop.fault("late_effect", reads=2, count=1)
    await shop.move(order_id, 2, sku="A1")
    shop.now += 10_000

    first = line_state(await shop.order(order_id))
    (second,) = (await shop.get("/ws/orders", state=1)).json()["results"]
    third = await shop.order(order_id)

    assert [first, line_state(second), line_state(third)] == [1, 1, 2]
    assert third["state"] == 3
    assert (await shop.get("/ws/orders", state=1)).json()["count"] == 0


async def test_a_move_after_a_late_one_waits_behind_it(shop, order_id):
    await shop.fault("late_effect", seconds=60, count=1)

    await shop.move(order_id, 2, sku="A1")
    shipped = await shop.move(order_id, 3, tracking_number="XY1")
    shop.now += 60

    assert shipped.status_code == 200
    assert line_state(shipped.json()) == 1
    assert line_state(await shop.order(order_id)) == 3


async def test_a_shipment_can_stay_in_3_until_its_carrier_is_verified(shop, order_id):
    await shop.fault("carrier_unverified", seconds=10**6)
    await shop.move(order_id, 2, sku="A1")

    shop.now += 10
    shipped = (
        await shop.move(order_id, 3, tracking_number="XY1", shipper="UPS")
    ).json()
    shop.now += 10**5
    waiting = await shop.order(order_id)
    await shop.control("POST", f"/orders/{order_id}/settle")
    verified = await shop.order(order_id)

    assert waiting == shipped
    assert (shipped["state"], line_state(shipped)) == (3, 2)
    assert (shipped["tracking_number"], shipped["shipper"]) == ("XY1", "UPS")
    assert shipped["date_shipping"] is None
    assert (verified["state"], line_state(verified)) == (9, 3)
    assert verified["date_shipping"]


async def test_late_moves_survive_a_restart(shop, order_id, tmp_path):
    await shop.fault("late_effect", seconds=60, count=1)
    await shop.move(order_id, 2, sku="A1")
    snapshot = shop.sandbox.snapshot
    snapshot.path = tmp_path / "state.json"
    before = dump(shop.sandbox.state)["orders"]
    snapshot.save()

    again = create_sandbox(
        SandboxOptions(), state_file=snapshot.path, clock=lambda: shop.now
    ).state

    assert dump(again)["orders"] == before
    assert list(again.orders.waiting) == [order_id]
