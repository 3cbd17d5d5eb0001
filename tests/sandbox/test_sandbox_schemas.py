"""Every answer of a walk over all routes is valid under the facts about the API."""

from datetime import UTC, datetime

import pytest

from app.sandbox.api.router import ROUTES
from tests.sandbox import order_schemas, schemas
from tests.sandbox.walk import Walk, body_of, errors_of, send_batch

PREFIX = "/ws/backbox/v1/competitors"
IMEI = "490154203237518"
# Platform, two markets with currency, and a price in each.
SELLERS = {
    "EU": (("fr-fr", "EUR", "249.00"), ("en-gb", "GBP", "219.50")),
    "EU, others": (("sv-se", "SEK", "2999.00"), ("fi-fi", "EUR", "259.00")),
    "NA": (("en-us", "USD", "279.99"),) * 2,
    "AP": (("ja-jp", "JPY", "41007"), ("en-au", "AUD", "399.95")),
}
UNAUTHORIZED = {"Authorization": "Basic x"}


@pytest.fixture(params=SELLERS)
async def walk(request, shop, make_token):
    """A seller of each platform with listings and orders in every state."""
    markets = SELLERS[request.param]
    platform, token = request.param[:2], make_token("walker")
    await shop.control(
        "POST", "/accounts", id="walker", platform=platform, tokens=[token]
    )
    shop.http.headers["Authorization"] = f"Basic {token}"
    walk = Walk(shop.http, markets[0][0])
    for locale, currency, price in markets:
        walk.locale = locale
        await send_batch(walk, shop, currency, price)
    codes = sorted({locale[3:].upper() for locale, *_ in markets})
    await shop.control(
        "POST",
        "/accounts/walker/orders",
        count=60,
        countries=codes,
        states=[1, 3, 9, 9, 9, 9, 10, 0, 8],
        line_states=[1, 2, 3, 4, 5, 6, 8, 0, 7],
    )
    walk.locale = markets[0][0]
    return walk


async def test_listings_are_valid(walk, shop):
    rows = await walk.pages("/ws/listings", schemas.LISTINGS)
    large = await walk.pages("/ws/listings", schemas.LISTINGS, **{"page-size": 50})
    await walk.get("/ws/listings", schemas.LISTINGS, publication_state=3)

    assert (len(rows), rows) == (63, large)
    states = {row["sku"]: row["publication_state"] for row in rows}
    assert [states[sku] for sku in ("ONLINE", "EMPTY", "DEAR")] == [2, 3, 3]
    one = schemas.ONE_LISTING
    listing = await walk.get("/ws/listings/detail", one, sku="ONLINE")
    assert listing["shippings"]
    for reference in (listing["id"], listing["listing_id"]):
        read = await walk.get(f"/ws/listings/{reference}", one)
        assert read["id"] == listing["id"]
        updated = await walk.call(
            f"POST /ws/listings/{reference}", one, json={"shipper_2": "DHL  EXPRESS"}
        )
        assert len(updated["shippings"]) == 2
    await shop.control(
        "PATCH",
        "/accounts/walker/listings/ONLINE",
        markets={walk.locale[3:].upper(): {"price": None}},
    )
    unpriced = await walk.get("/ws/listings/detail", one, sku="ONLINE")
    assert unpriced["publication_state"] == 0


async def test_orders_are_valid_in_every_state(walk):
    rows = await walk.pages("/ws/orders", order_schemas.ORDERS)
    for state in (1, 3, 9, 10):
        found = await walk.pages("/ws/orders", order_schemas.ORDERS, state=state)
        assert found
        assert {order["state"] for order in found} == {state}

    first = min(order["order_id"] for order in rows)
    orders = [
        await walk.get(f"/ws/orders/{number}", order_schemas.ORDER)
        for number in range(first, first + 60)
    ]

    assert {order["state"] for order in orders} == {0, 1, 3, 8, 9, 10}
    states = {line["state"] for order in orders for line in order["orderlines"]}
    assert states == {0, 1, 2, 3, 4, 5, 6, 7, 8}


async def test_an_order_stays_valid_through_its_moves(walk, shop):
    found = await walk.get("/ws/orders", order_schemas.ORDERS, state=1)
    order = found["results"][0]
    path, (line,) = f"/ws/orders/{order['order_id']}", order["orderlines"]
    sku, schema = line["listing"], order_schemas.ORDER
    parcel = {"tracking_number": "XY1", "shipper": "Seino", "vat_type": "MARGINAL"}

    await walk.call(
        f"PATCH /ws/orderlines/{line['id']}",
        order_schemas.IDENTIFIED_LINE,
        json={"imei": IMEI, "serial_number": "S-1"},
    )
    for new_state, fields in (
        (2, {"sku": sku}),
        (3, parcel),
        (6, {"sku": sku, "return_reason": 21, "return_message": "Back"}),
    ):
        body = {"order_id": order["order_id"], "new_state": new_state, **fields}
        moved = await walk.call(f"POST {path}", schema, json=body)
        assert moved["orderlines"][0]["state"] == new_state
    bill = ("bill.pdf", b"%PDF-", "application/pdf")
    await walk.call(f"POST {path}/invoice", None, files={"invoice": bill})
    last = await walk.get(path, schema)
    assert last["date_bill_provided"]


async def test_service_cases_are_valid(walk, shop):
    orders = await walk.pages("/ws/orders", order_schemas.ORDERS)
    for order in orders[:12]:
        await shop.control(
            "POST", "/accounts/walker/service-cases", order_id=order["order_id"]
        )
    shop.now += 60
    await shop.control("PATCH", "/service-cases/5000002", state=9)

    every = await walk.pages("/ws/sav", order_schemas.CASES)
    closed = await walk.pages("/ws/sav", order_schemas.CASES, state=9)
    since = datetime.fromtimestamp(shop.now, UTC).strftime("%Y-%m-%d-%H-%M")
    changed = await walk.pages(
        "/ws/sav", order_schemas.CASES, last_modification_date=since
    )
    later = await walk.pages("/ws/sav", order_schemas.CASES, last_id=5000010)

    assert [len(found) for found in (every, closed, changed, later)] == [12, 1, 1, 2]
    assert closed == changed


async def test_categories_and_competitors_are_valid(walk, shop):
    tree = await walk.get("/ws/category/tree", schemas.TREE)
    middle = tree[0]["childrens"][0]
    for node in (tree[0], middle, middle["childrens"][0]):
        path = f"/ws/category/tree/{node['category_id']}"
        assert await walk.get(path, schemas.CATEGORY) == node

    listing = await walk.get("/ws/listings/detail", schemas.ONE_LISTING, sku="ONLINE")
    found = await walk.get(f"{PREFIX}/{listing['id']}", schemas.COMPETITORS)
    lower = {"price_to_win": "1.00", "winner_price": None}
    edit = {"markets": {found[0]["market"]: lower}}
    await shop.control("PATCH", "/accounts/walker/listings/ONLINE", **edit)
    losing = await walk.get(f"{PREFIX}/{listing['id']}", schemas.COMPETITORS)

    assert [one["is_winning"] for one in (found[0], losing[0])] == [True, False]


V1, BARE = schemas.V1, schemas.BARE_STRING
REFUSALS = [
    ("GET /ws/listings?page=0", 400, V1),
    ("GET /ws/listings?min_quantity=x", 400, V1),
    ("GET /ws/listings?page=99", 404, V1),
    ("GET /ws/listings/banana", 400, V1),
    ("GET /ws/sav?last_modification_date=2026-02-03", 400, V1),
    ("GET /ws/sav?page=99", 404, V1),
    ("GET /ws/listings/1", 404, V1),
    ("GET /ws/listings/detail", 400, V1),
    ("GET /ws/listings/detail?sku=NONE", 404, V1),
    ("POST /ws/listings", 400, BARE),
    ("POST /ws/listings/banana", 400, BARE),
    ("POST /ws/listings/1", 404, V1),
    ("PATCH /ws/listings/1", 405, V1),
    ("GET /ws/tasks/1", 404, V1),
    ("GET /ws/orders?state=x", 400, V1),
    ("GET /ws/orders?country_code=fi-fi", 400, V1),
    ("GET /ws/orders?page=99", 404, V1),
    ("GET /ws/orders/1", 404, V1),
    ("POST /ws/orders/1", 404, V1),
    ("POST /ws/orders/1/invoice", 404, V1),
    ("PATCH /ws/orderlines/1", 404, V1),
    ("GET /ws/category/tree/0", 404, V1),
    (f"GET {PREFIX}/1", 404, V1),
]


@pytest.mark.parametrize("walk", ["EU"], indirect=True)
async def test_refusals_are_valid(walk, shop):
    found = await walk.get("/ws/orders", order_schemas.ORDERS, state=3)
    order = found["results"][0]
    path = f"/ws/orders/{order['order_id']}"
    line = f"PATCH /ws/orderlines/{order['orderlines'][0]['id']}"
    number = {"order_id": order["order_id"]}
    bodies = [
        (f"POST {path}", 400, V1, number | {"new_state": 9}),
        (f"POST {path}", 400, V1, number | {"new_state": 5}),
        (f"POST {path}", 404, V1, number | {"new_state": 5, "sku": "NONE"}),
        (f"POST {path}/invoice", 400, V1, {}),
        (line, 400, V1, {}),
        (line, 422, V1, {"imei": "490154203237519"}),
        ("POST /ws/listings", 400, BARE, {"catalog": ""}),
        ("POST /ws/listings/ONLINE", 400, BARE, {"quantity": -1}),
    ]

    for call, status, schema in REFUSALS:
        await walk.call(call, schema, status)
    for call, status, schema, body in bodies:
        await walk.call(call, schema, status, json=body)
    for route in ROUTES:
        call = f"{route.method} {route.template.replace('{id}', '1')}"
        schema = None if PREFIX in call else V1
        await walk.call(call, schema, 401, headers=UNAUTHORIZED)
    await walk.call("GET /ws/", None, 404)

    await shop.control("PATCH", "/options", limits_on=True, sku_lines_per_hour=0)
    listing = await walk.get("/ws/listings/detail", schemas.ONE_LISTING, sku="ONLINE")
    body = {"quantity": 1}
    await walk.call(f"POST /ws/listings/{listing['id']}", V1, 429, json=body)
    assert all(401 in walk.seen[route.label] for route in ROUTES)


@pytest.mark.parametrize("walk", ["EU"], indirect=True)
async def test_the_walk_visits_every_route(walk, shop):
    await test_listings_are_valid(walk, shop)
    await test_orders_are_valid_in_every_state(walk)
    await test_an_order_stays_valid_through_its_moves(walk, shop)
    shop.now += 1
    await send_batch(walk, shop, "EUR", "249.00")
    await test_categories_and_competitors_are_valid(walk, shop)
    await test_service_cases_are_valid(walk, shop)

    assert {
        route.label for route in ROUTES if 200 not in walk.seen[route.label]
    } == set()


@pytest.mark.parametrize(
    ("envelope", "schema"),
    [
        ("v1", schemas.V1),
        ("v2", schemas.V2),
        ("v3", schemas.V3),
        ("problem", schemas.PROBLEM),
        ("string", schemas.BARE_STRING),
    ],
)
async def test_envelopes_of_faults_are_valid(shop, envelope, schema):
    await shop.fault("answer", status=422, envelope=envelope, message="No.")

    answer = await shop.get("/ws/listings")

    assert errors_of(answer.json(), schema) == []


LISTING_FIELDS = set(schemas.LISTING["required"]) - {"price"}
LINE_FIELDS = {f"orderlines.{name}" for name in order_schemas.LINE["required"]}
ORDER_FIELDS = set(order_schemas.ORDER["required"]) | LINE_FIELDS


@pytest.mark.parametrize("raw", ["{}", "NaN", "-1e999", None])
@pytest.mark.parametrize("field", sorted(LISTING_FIELDS | ORDER_FIELDS))
async def test_the_schemas_notice_a_strange_or_missing_field(shop, field, raw):
    listing = await shop.one()
    order = await shop.buy(("A1", 1))
    altered = {"raw": raw} if raw else {"missing": True}
    await shop.fault("altered_field", field=field, **altered)

    listed = body_of(await shop.get(f"/ws/listings/{listing['id']}"))
    ordered = body_of(await shop.get(f"/ws/orders/{order['order_id']}"))

    if field in LISTING_FIELDS:
        assert errors_of(listed, schemas.ONE_LISTING)
    if field in ORDER_FIELDS:
        assert errors_of(ordered, order_schemas.ORDER)
