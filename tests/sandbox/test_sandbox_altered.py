"""Faults that alter answers: any field, hidden buyers, relative links."""

import json
import math

import pytest

ANY_VALUE = [
    pytest.param({"value": None}, "null", id="null"),
    pytest.param({"value": "soon"}, '"soon"', id="text"),
    pytest.param({"value": -(10**30)}, str(-(10**30)), id="out of range"),
    pytest.param({"value": [1]}, "[1]", id="array"),
    pytest.param({"raw": "NaN"}, "NaN", id="NaN"),
    pytest.param({"raw": "1e999"}, "1e999", id="infinite"),
    pytest.param({"raw": "9" * 5000}, "9" * 5000, id="more digits than int() reads"),
]


@pytest.mark.parametrize("field", ["quantity", "price", "publication_state", "id"])
@pytest.mark.parametrize(("value", "text"), ANY_VALUE)
async def test_any_field_of_a_listing_can_hold_anything(shop, field, value, text):
    await shop.one("A1")
    await shop.one("B2")
    await shop.fault(
        "altered_field", field=field, path="/ws/listings", sku="a*", **value
    )

    answer = await shop.get("/ws/listings")

    assert f'"{field}": {text}' in answer.text
    other, altered = json.loads(answer.text, parse_int=str)["results"]
    untouched = (await shop.get("/ws/listings/detail", sku="B2")).json()
    assert (other["sku"], str(other[field])) == ("B2", str(untouched[field]))
    assert altered["sku"] == "A1"


@pytest.mark.parametrize(
    ("field", "read"),
    [
        ("state", lambda order: order),
        ("price", lambda order: order),
        ("orderlines.state", lambda order: order["orderlines"][0]),
        ("orderlines.quantity", lambda order: order["orderlines"][0]),
        ("shipping_address.country", lambda order: order["shipping_address"]),
        ("*.email", lambda order: order["billing_address"]),
    ],
)
async def test_any_field_of_an_order_can_be_strange_or_missing(shop, field, read):
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    name, whole = field.rpartition(".")[2], await shop.order(order_id)
    await shop.fault("altered_field", field=field, raw="NaN", count=1)
    await shop.fault("altered_field", field=field, missing=True, skip=1, count=1)

    strange = await shop.order(order_id)
    (without,) = (await shop.get("/ws/orders")).json()["results"]

    assert math.isnan(read(strange)[name])
    assert name not in read(without)
    assert await shop.order(order_id) == whole


async def test_only_answers_that_are_altered_are_counted(shop):
    await shop.one("A1")
    await shop.one("B2")
    await shop.fault(
        "altered_field", field="price", account="account-1", sku="A1", count=1
    )

    missing = await shop.get("/ws/listings/detail", sku="NONE")
    other, *prices = [
        (await shop.get("/ws/listings/detail", sku=sku)).json()["price"]
        for sku in ("B2", "A1", "A1")
    ]

    assert (missing.status_code, set(missing.json())) == (404, {"error", "requestId"})
    assert other == "249.00"
    assert prices == [None, "249.00"]


async def test_a_result_of_a_task_can_be_altered(shop, phone):
    field = "result.product_success.*.listing_id"
    await shop.fault("altered_field", field=field, value="x", path="/ws/tasks/*")

    result = await shop.rows(phone)

    assert result["product_success"]["A1"]["listing_id"] == "x"


@pytest.mark.parametrize("path", ["/ws/listings", "/ws/orders"])
@pytest.mark.parametrize("field", ["count", "next", "results"])
async def test_a_field_of_a_page_itself_can_be_altered(shop, path, field):
    await shop.one()
    await shop.buy(("A1", 1))
    await shop.fault("altered_field", field=f"$.{field}", value="x")

    page = (await shop.get(path)).json()

    assert page[field] == "x"
    assert set(page) == {"count", "next", "previous", "results"}


async def test_an_altered_field_must_be_named(shop):
    answer = await shop.http.post("/_sandbox/faults", json={"kind": "altered_field"})

    assert answer.status_code == 422


@pytest.mark.parametrize("case", ["snake", "camel"])
async def test_a_buyer_is_hidden_until_the_order_is_accepted(shop, case):
    await shop.control("PATCH", "/options", address_case=case)
    await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    whole = await shop.order(order_id)
    await shop.fault("buyer_hidden")
    await shop.fault("buyer_hidden", missing=True, skip=1, count=1)

    nulls = await shop.order(order_id)
    (gone,) = (await shop.get("/ws/orders")).json()["results"]
    await shop.move(order_id, 2, sku="A1")
    accepted = await shop.order(order_id)

    address = whole["shipping_address"]
    hidden = {name for name, value in nulls["shipping_address"].items() if not value}
    usual = {name for name, value in address.items() if not value}
    names = {"snake": "first_name last_name postal_code phone"}
    names["camel"] = "firstName lastName postalCode phoneNumber"
    assert hidden - usual == set(names[case].split())
    assert set(address) - set(gone["shipping_address"]) == hidden - usual
    assert nulls["shipping_address"]["city"] == address["city"]
    assert accepted["shipping_address"] == address


async def test_links_can_be_paths(shop):
    await shop.get("/ws/orders")
    await shop.place(count=30)
    await shop.fault("relative_links")

    page = (await shop.get("/ws/orders", page=2)).json()

    assert page["next"] == "/ws/orders?page=3"
    assert page["previous"] == "/ws/orders?page=1"
