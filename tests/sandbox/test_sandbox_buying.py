"""The control API of orders: purchase, seed, override fields, list actions."""

import pytest

from app.sandbox.control.snapshot import dump
from app.sandbox.main import create_sandbox
from app.sandbox.options import SandboxOptions


async def seen(shop, sku="A1", locale="fr-fr"):
    return (await shop.get("/ws/listings/detail", locale, sku=sku)).json()


async def test_a_purchase_lowers_the_stock_of_every_market(shop):
    await shop.one(quantity=2)
    await shop.rows({"sku": "A1", "price": 219, "currency": "GBP"}, locale="en-gb")

    order = await shop.buy(("a1", 2), country="gb")

    british = await seen(shop, locale="en-gb")
    assert (british["quantity"], british["publication_state"]) == (0, 3)
    assert (await seen(shop))["publication_state"] == 3
    shown = await shop.order(order["order_id"])
    assert (shown["currency"], shown["country_code"]) == ("GBP", "en-gb")
    assert shown["price"] == "438.00"


@pytest.mark.parametrize(
    ("country", "lines"),
    [
        pytest.param("FR", [("A1", 5)], id="too few"),
        pytest.param("FR", [("A1", 3), ("a1", 2)], id="too few together"),
        pytest.param("DE", [("A1", 1)], id="not priced there"),
        pytest.param("FR", [("A1", 1), ("OFF", 1)], id="one of them offline"),
        pytest.param("FR", [("A1", 1), ("NONE", 1)], id="one of them unknown"),
    ],
)
async def test_an_unavailable_listing_cannot_be_bought(shop, country, lines):
    await shop.one("A1")
    await shop.one("OFF", quantity=0)

    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    answer = await shop.place(country=country, lines=wanted)

    assert answer.status_code == 409
    assert (await seen(shop))["quantity"] == 4
    assert (await shop.control("GET", "/orders"))["count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"country": "FR", "lines": []},
        {"country": "FR", "lines": [{"sku": "A1", "quantity": 0}]},
        {"country": "XX", "lines": [{"sku": "A1"}]},
        {"lines": [{"sku": "A1"}]},
    ],
)
async def test_an_invalid_order_is_422(shop, body):
    await shop.one()

    assert (await shop.place(**body)).status_code == 422


async def test_a_control_request_may_set_id_date_and_buyer(shop):
    await shop.one()
    more = {"order_id": 71234567, "created_at": 5, "buyer": {"city": "Lyon"}}

    await shop.buy(("A1", 1), **more)

    shown = await shop.order(71234567)
    assert shown["date_creation"] == "1970-01-01T01:00:05+01:00"
    assert shown["shipping_address"]["city"] == "Lyon"
    lines = [{"sku": "A1"}]
    again = await shop.place(country="FR", lines=lines, order_id=71234567)
    assert again.status_code == 409
    assert (await seen(shop))["quantity"] == 3


@pytest.mark.parametrize(
    ("state", "line_state", "body", "after"),
    [
        (0, 0, {}, (1, 1)),
        (10, 8, {}, (1, 1)),
        (10, 8, {"failed": True}, (8, 7)),
    ],
)
async def test_an_unpaid_order_can_be_paid_or_fail(
    shop, state, line_state, body, after
):
    await shop.one()
    order = await shop.buy(("A1", 1), state=state)
    early = await shop.move(order["order_id"], 2, sku="A1")
    shop.now += 60

    path = f"/orders/{order['order_id']}/pay"
    paid = await shop.control("POST", path, **body)
    again = await shop.http.post(f"/_sandbox{path}", json={})

    assert order["orderlines"][0]["state"] == line_state
    assert early.status_code == 400
    assert (paid["state"], paid["orderlines"][0]["state"]) == after
    assert paid["date_modification"] == shop.now
    assert again.status_code == 409


async def test_seeded_orders_do_not_change_stock(shop):
    await shop.one(quantity=1)

    body = {"count": 5000, "countries": ["FR", "DE"], "states": [1, 3, 9]}
    answer = await shop.place(**body)

    assert answer.json()["seeded"] == 5000
    assert (await seen(shop))["quantity"] == 1
    counts = [
        (await shop.get("/ws/orders", **query)).json()["count"]
        for query in ({}, {"state": 3}, {"country_code": "de-de"})
    ]
    assert counts == [5000, 1667, 2500]
    raw = await shop.control("GET", "/orders?account=account-1&offset=4999&limit=5")
    assert (raw["count"], len(raw["orders"])) == (5000, 1)
    assert raw["orders"][0]["orderlines"][0]["state"] == 2


async def test_every_field_of_an_order_can_be_overridden(shop):
    await shop.one()
    order = await shop.buy(("A1", 1))
    path = f"/orders/{order['order_id']}"
    shop.now += 50

    line = {"sku": "A1", "state": 2, "quantity": None}
    await shop.control("PATCH", path, orderlines=[line], currency="XXX")
    followed = await shop.order(order["order_id"])
    await shop.control("PATCH", path, state=77, date_modification=7)
    forced = await shop.order(order["order_id"])

    assert (followed["state"], followed["currency"]) == (3, "XXX")
    assert followed["orderlines"][0]["quantity"] is None
    assert followed["date_modification"] > followed["date_creation"]
    assert "sku" not in followed["orderlines"][0]
    assert forced["state"] == 77
    assert forced["date_modification"] == "1970-01-01T01:00:07+01:00"
    for wrong in ({"orderlines": [{"sku": "B"}]}, {"date_payment": "never"}):
        answer = await shop.http.patch(f"/_sandbox{path}", json=wrong)
        assert answer.status_code == 422
    assert (await shop.http.get("/_sandbox/orders/1")).status_code == 404


async def test_accepted_order_requests_are_logged_in_order(shop):
    await shop.one()
    order = await shop.buy(("A1", 1))
    order_id, line_id = order["order_id"], order["orderlines"][0]["id"]
    await shop.move(order_id, 3, tracking_number="X")
    await shop.move(order_id, 2, sku="A1")
    await shop.move(order_id, 2, sku="A1")
    await shop.http.patch(f"/ws/orderlines/{line_id}", json={"serial_number": "S"})
    await shop.move(order_id, 3, tracking_number="X")

    found = await shop.control(
        "GET", f"/order-actions?account=account-1&order={order_id}"
    )
    await shop.control("DELETE", "/order-actions")

    assert [(one["kind"], one["new_state"]) for one in found["actions"]] == [
        ("move", 2),
        ("identify", None),
        ("move", 3),
    ]
    assert found["actions"][0]["lines"] == [line_id]
    assert found["actions"][0]["fields"]["sku"] == "A1"
    assert (await shop.control("GET", "/order-actions"))["actions"] == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("throttled_json", 429),
        ("throttled_html", 429),
        ("forbidden_html", 403),
        ("bot_challenge", 403),
        ("bad_gateway", 502),
        ("unavailable", 503),
        ("token_refused", 401),
        ("rejected_row", 400),
    ],
)
async def test_a_fault_before_an_order_request_changes_nothing(shop, kind, status):
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    before = await shop.order(order_id)
    await shop.fault(kind, count=1, method="POST", path="/ws/orders/*")

    struck = await shop.move(order_id, 2, sku="A1")

    assert struck.status_code == status
    assert await shop.order(order_id) == before
    assert (await shop.control("GET", "/order-actions"))["actions"] == []
    assert (await shop.move(order_id, 2, sku="A1")).status_code == 200


async def test_a_lost_response_leaves_the_order_changed(shop):
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    await shop.fault("lost_answer", count=1)
    with pytest.raises(ConnectionResetError):
        await shop.move(order_id, 2, sku="A1")
    await shop.fault("bad_gateway_after", count=1)
    struck = await shop.move(order_id, 3, tracking_number="X")

    assert struck.status_code == 502
    assert (await shop.order(order_id))["state"] == 9
    actions = (await shop.control("GET", "/order-actions"))["actions"]
    assert [one["new_state"] for one in actions] == [2, 3]


async def test_an_order_request_can_be_accepted_without_effect(shop):
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    await shop.fault("ignored_row", sku="A1", count=1)

    answer = await shop.move(order_id, 2, sku="A1")

    assert answer.status_code == 200
    assert (await shop.order(order_id))["state"] == 1


async def test_orders_survive_a_restart(shop, tmp_path):
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    await shop.move(order_id, 2, sku="A1")
    snapshot = shop.sandbox.snapshot
    snapshot.path = tmp_path / "state.json"
    before = dump(shop.sandbox.state)["orders"]
    snapshot.save()

    again = create_sandbox(SandboxOptions(), state_file=snapshot.path).state

    assert dump(again)["orders"] == before
    assert again.orders.next_order() == order_id + 1
    assert again.orders.next_line() > max(again.orders.by_line)


async def test_the_summary_counts_orders(shop):
    await shop.get("/ws/orders")
    await shop.place(count=3)

    assert (await shop.control("GET", "/summary"))["orders"] == 3
