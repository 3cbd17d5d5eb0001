"""Reading orders: the object, pages, filters, options."""

import pytest

from app.sandbox import dates
from app.sandbox.markets import MARKETS
from app.sandbox.orders.order_model import order_state

WINTER = "2026-02-03T21:58:58.25Z"


@pytest.mark.parametrize(
    ("states", "present", "state"),
    [
        pytest.param([1], 1, 1, id="paid"),
        pytest.param([1, 2], 1, 1, id="one undecided"),
        pytest.param([1, 4], 1, 1, id="one undecided, one cancelled"),
        pytest.param([2, 4], 1, 3, id="all decided, one to ship"),
        pytest.param([2, 3], 3, 3, id="half shipped"),
        pytest.param([3, 4], 3, 9, id="none open"),
        pytest.param([4], 1, 9, id="cancelled"),
        pytest.param([5, 6], 3, 9, id="refunded"),
        pytest.param([0], 0, 0, id="payment checked"),
        pytest.param([8], 10, 10, id="payment pending"),
        pytest.param([7], 8, 8, id="never paid"),
    ],
)
def test_an_orders_state_follows_from_its_lines(states, present, state):
    assert order_state(states, present) == state


async def test_an_order_reads_as_documented(shop):
    listing = await shop.one(shipper_1="DPD FR", shipping_delay_1=24)
    order_id = (await shop.buy(("A1", 2), created_at=WINTER))["order_id"]

    order = await shop.order(order_id, "en-gb")

    shipping, billing = order.pop("shipping_address"), order.pop("billing_address")
    (line,) = order.pop("orderlines")
    invented = ("payment_method", "paypal_reference", "psp_reference", "delivery_note")
    assert all(name in order for name in invented)
    assert order["delivery_note"].startswith("https://")
    assert {k: v for k, v in order.items() if k not in invented} == {
        "order_id": order_id,
        "state": 1,
        "date_creation": "2026-02-03T21:58:58Z",
        "date_modification": "2026-02-03T21:58:58Z",
        "date_payment": "2026-02-03T21:58:58Z",
        "date_shipping": None,
        "date_bill_provided": None,
        "expected_dispatch_date": "2026-02-04T23:59:59",
        "price": "498.00",
        "shipping_price": "0.00",
        "sales_taxes": "0.00",
        "currency": "EUR",
        "country_code": "fr-fr",
        "installment_payment": False,
        "is_backship": False,
        "shipper": "DPD FR",
        "shipper_display": "DPD FR",
        "tracking_number": "",
        "tracking_url": "",
    }
    assert line.pop("brand") in listing["title"]
    assert line.pop("id") != order_id
    assert line == {
        "date_creation": "2026-02-03T21:58:58Z",
        "state": 1,
        "listing": "A1",
        "listing_id": listing["listing_id"],
        "product": listing["title"],
        "product_id": listing["backmarket_id"],
        "quantity": 2,
        "price": "498.00",
        "shipping_price": "0.00",
        "sales_taxes": "0.00",
        "currency": "EUR",
        "shipping_delay": 24,
        "shipper": "DPD FR",
        "condition": 10,
        "imei": "",
        "serial_number": "",
        "return_reason": 0,
        "return_message": "",
        "backcare": False,
        "backcare_price": 0,
        "orderline_fee": "49.80",
    }
    assert (shipping["company"], shipping["street2"], shipping["country"]) == (
        "",
        "",
        "FR",
    )
    assert shipping["phone"]
    assert (billing["company"], billing["street2"], billing["phone"]) == (None,) * 3
    assert billing["email"] == shipping["email"]


@pytest.mark.parametrize(
    ("grade", "condition"),
    [
        ("PREMIUM", 9),
        ("EXCELLENT", 10),
        ("VERY_GOOD", 10),
        ("GOOD", 11),
        ("FAIR", 12),
        ("STALLONE", 12),
    ],
)
async def test_the_condition_of_a_line_has_its_own_scale(shop, grade, condition):
    await shop.one(grade=grade)

    order = await shop.buy(("A1", 1))

    assert order["orderlines"][0]["condition"] == condition


async def test_options_select_between_documented_variants(shop):
    await shop.one()
    order_id = (await shop.buy(("A1", 2), created_at=WINTER))["order_id"]
    await shop.control(
        "PATCH",
        "/options",
        address_case="camel",
        line_price="unit",
        order_microseconds=True,
    )

    order = await shop.order(order_id)

    assert order["date_creation"] == "2026-02-03T22:58:58.250000+01:00"
    assert order["orderlines"][0]["price"] == "249.00"
    assert order["price"] == "498.00"
    assert order["shipping_address"]["postalCode"] == "75003"
    assert "phoneNumber" in order["shipping_address"]
    assert "first_name" not in order["billing_address"]


async def test_pages_run_to_the_oldest_and_rows_in_a_page_to_the_newest(shop):
    await shop.get("/ws/orders")
    seeded = (await shop.place(count=23, countries=["FR", "DE"])).json()
    first_id = seeded["first_order_id"]

    pages = [(await shop.get("/ws/orders", page=n)).json() for n in (1, 2, 3)]

    rows = [[row["order_id"] - first_id for row in page["results"]] for page in pages]
    assert rows == [list(range(13, 23)), list(range(3, 13)), [0, 1, 2]]
    assert [page["count"] for page in pages] == [23] * 3
    assert pages[0]["next"] == "https://sandbox.test/ws/orders?page=2"
    assert pages[2]["next"] is None
    past = await shop.get("/ws/orders", page=4)
    assert (past.status_code, set(past.json())) == (404, {"error", "requestId"})


async def test_a_page_has_ten_rows_and_at_most_fifty(shop):
    await shop.get("/ws/orders")
    await shop.place(count=60)

    sizes = [
        len((await shop.get("/ws/orders/", **query)).json()["results"])
        for query in ({}, {"page_size": 50, "limit": 3}, {"page-size": 100})
    ]

    assert sizes == [10, 10, 50]


async def test_next_keeps_the_filters(shop):
    await shop.get("/ws/orders")
    await shop.place(count=3)
    query = {"state": 1, "date_creation": "1970-01-01 00:00:00", "page-size": 2}

    first = (await shop.get("/ws/orders", **query)).json()
    last = (await shop.http.get(first["next"])).json()

    assert (first["count"], len(first["results"])) == (3, 2)
    assert (last["count"], len(last["results"]), last["next"]) == (3, 1, None)


async def test_filters_select_by_state_country_and_minimum_dates(shop):
    await shop.one()
    early = (await shop.buy(("A1", 1)))["order_id"]
    shop.now += 100
    late = (await shop.buy(("A1", 1)))["order_id"]
    shop.now += 100
    await shop.move(early, 2, sku="A1")

    async def ids(**query):
        found = (await shop.get("/ws/orders", **query)).json()
        return [row["order_id"] for row in found["results"]]

    since = dates.format_moment(shop.now - 100, MARKETS["FR"])
    lately = dates.format_moment(shop.now - 99, MARKETS["FR"])
    assert await ids(state=1) == [late]
    assert await ids(state=3) == [early]
    assert await ids(state=4) == []
    assert await ids(country_code="FR-fr") == [early, late]
    assert await ids(country_code="en-gb") == []
    assert await ids(date_creation=since) == [late]
    assert await ids(date_modification=since) == [early, late]
    assert await ids(date_modification=lately) == [early]
    assert await ids(nonsense=1) == [early, late]
    for wrong in ({"state": "x"}, {"date_creation": "yesterday"}, {"page": 0}):
        assert (await shop.get("/ws/orders", **wrong)).status_code == 400


async def test_an_unknown_state_filter_is_empty_or_refused(shop):
    empty = await shop.get("/ws/orders", state=4)
    await shop.control("PATCH", "/options", unknown_order_state="refused")
    refused = await shop.get("/ws/orders", state=4)

    assert (empty.status_code, empty.json()["count"]) == (200, 0)
    assert refused.status_code == 400


async def test_orders_without_a_payment_are_not_listed(shop):
    await shop.one()
    ids = {
        state: (await shop.buy(("A1", 1), state=state))["order_id"]
        for state in (0, 10, 1)
    }

    listed = (await shop.get("/ws/orders")).json()["results"]

    assert [row["order_id"] for row in listed] == [ids[10], ids[1]]
    assert (await shop.order(ids[0]))["date_payment"] is None


async def test_another_sellers_order_is_unknown(shop, make_token):
    await shop.one()
    order = await shop.buy(("A1", 1))
    other = {"Authorization": f"Basic {make_token('other')}"}
    path = f"/ws/orders/{order['order_id']}"

    refused = await shop.http.get(path, headers=other)
    body = {"order_id": order["order_id"], "new_state": 2, "sku": "A1"}
    moved = await shop.http.post(path, headers=other, json=body)
    line = f"/ws/orderlines/{order['orderlines'][0]['id']}"
    patched = await shop.http.patch(line, headers=other, json={"serial_number": "1"})

    assert [a.status_code for a in (refused, moved, patched)] == [404] * 3
    assert set(refused.json()) == {"error", "requestId"}
    assert (await shop.get("/ws/orders/banana")).status_code == 404


async def test_an_order_keeps_the_sku_and_title_of_the_sale(shop):
    listing = await shop.one()
    order_id = (await shop.buy(("A1", 1)))["order_id"]
    await shop.control("DELETE", "/accounts/account-1/listings/A1")

    (line,) = (await shop.order(order_id))["orderlines"]

    assert (line["listing"], line["product"]) == ("A1", listing["title"])


@pytest.mark.parametrize(
    ("kind", "second_page"),
    [
        pytest.param("order_moves", [*range(9), 10], id="the next one is skipped"),
        pytest.param("order_leaves", list(range(9)), id="an innocent one is skipped"),
        pytest.param("order_arrives", list(range(1, 11)), id="one comes twice"),
    ],
)
async def test_orders_can_change_between_two_pages(shop, kind, second_page):
    await shop.get("/ws/orders")
    first_id = (await shop.place(count=20)).json()["first_order_id"]
    await shop.fault(kind, count=1)
    shop.now += 5

    pages = [(await shop.get("/ws/orders", page=n, state=1)).json() for n in (1, 2)]

    rows = [[row["order_id"] - first_id for row in page["results"]] for page in pages]
    assert rows == [list(range(10, 20)), second_page]
    since = dates.format_moment(shop.now, MARKETS["FR"])
    changed = await shop.get("/ws/orders", date_modification=since)
    assert changed.json()["count"] == 1


async def test_the_list_can_be_sorted_by_modification(shop):
    await shop.get("/ws/orders")
    first_id = (await shop.place(count=3)).json()["first_order_id"]
    await shop.control("PATCH", "/options", orders_sorted_by="date_modification")
    shop.now += 5
    await shop.control("PATCH", f"/orders/{first_id}", tracking_number="X")

    listed = (await shop.get("/ws/orders")).json()["results"]

    assert [row["order_id"] - first_id for row in listed] == [1, 2, 0]
