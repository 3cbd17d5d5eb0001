"""What buyers, banks and carriers do to an order, by the control API."""

import pytest


async def seen(shop):
    return (await shop.get("/ws/listings/detail", sku="A1")).json()["quantity"]


async def listed(shop, **query):
    found = (await shop.get("/ws/orders", **query)).json()["results"]
    return [order["order_id"] for order in found]


@pytest.mark.parametrize("state", [0, 10])
@pytest.mark.parametrize("restock", [True, False])
async def test_an_order_whose_payment_fails_leaves_the_list(shop, state, restock):
    await shop.one(quantity=4)
    order_id = (await shop.buy(("A1", 1), state=state))["order_id"]
    before = await listed(shop)
    path, at = f"/orders/{order_id}/pay", "2026-02-03T21:58:58Z"

    await shop.control("POST", path, failed=True, restock=restock, at=at)

    read = await shop.order(order_id, "en-gb")
    assert before == ([order_id] if state == 10 else [])
    assert await listed(shop) == []
    assert (read["state"], read["orderlines"][0]["state"]) == (8, 7)
    assert read["date_modification"] == at
    assert await seen(shop) == (4 if restock else 3)


@pytest.mark.parametrize(
    ("state", "line_state", "after", "order_after"),
    [
        pytest.param(10, 8, 4, 9, id="unpaid"),
        pytest.param(1, 1, 4, 9, id="paid"),
        pytest.param(3, 2, 5, 9, id="accepted"),
        pytest.param(9, 3, 6, 9, id="shipped"),
    ],
)
@pytest.mark.parametrize("restock", [True, False])
async def test_an_order_is_cancelled_or_refunded_while_it_shows_9(
    shop, state, line_state, after, order_after, restock
):
    await shop.one(quantity=4)
    order = await shop.buy(("A1", 3), state=state)
    path, at = f"/orders/{order['order_id']}/cancel", "2026-02-03T21:58:58Z"

    await shop.control("POST", path, restock=restock, at=at)
    again = await shop.http.post(f"/_sandbox{path}", json={})

    read = await shop.order(order["order_id"], "en-gb")
    assert order["orderlines"][0]["state"] == line_state
    assert (read["state"], read["orderlines"][0]["state"]) == (order_after, after)
    assert (read["date_shipping"] is None) == (after != 6)
    assert read["date_modification"] == at
    assert await seen(shop) == (4 if restock else 1)
    assert again.status_code == 409


async def test_one_line_of_an_order_is_cancelled(shop):
    await shop.one("A1")
    await shop.one("B2", grade="FAIR")
    order_id = (await shop.buy(("A1", 1), ("B2", 1)))["order_id"]

    path = f"/orders/{order_id}/cancel"
    await shop.control("POST", path, skus=["B2"], restock=True)

    read = await shop.order(order_id)
    assert [line["state"] for line in read["orderlines"]] == [1, 4]
    assert read["state"] == 1
    assert await seen(shop) == 3


async def test_a_late_move_is_settled_before_an_order_is_cancelled(shop):
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    await shop.fault("late_effect", reads=9, count=1)
    await shop.move(order_id, 2, sku="A1")

    early = await shop.http.post(f"/_sandbox/orders/{order_id}/cancel", json={})
    await shop.control("POST", f"/orders/{order_id}/settle")
    cancelled = await shop.control("POST", f"/orders/{order_id}/cancel")

    assert early.status_code == 409
    assert cancelled["orderlines"][0]["state"] == 5


async def test_processed_orders_are_seeded_with_lines_of_any_state(shop):
    await shop.get("/ws/orders")
    body = {"count": 8, "states": [9], "line_states": [3, 4, 5, 6]}
    await shop.place(**body)

    orders = (await shop.get("/ws/orders", state=9)).json()["results"]

    states = [order["orderlines"][0]["state"] for order in orders]
    assert states == [3, 4, 5, 6, 3, 4, 5, 6]
    for order, state in zip(orders, states, strict=True):
        assert (order["date_shipping"] is None) == (state in {4, 5})
