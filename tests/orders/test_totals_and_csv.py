"""Totals of orders per currency, and any list as CSV."""

import csv
import io
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.orders.lists.totals import TotalsBy
from tests.orders.desk import Desk


@pytest.fixture
async def wide(desk: Desk) -> Desk:
    """A store that sees every country, with six orders of three countries."""
    answer = await desk.api.put(
        f"/v1/stores/{desk.shop.store_id}/settings",
        json={"environment": "sandbox", "order_scope": "all_countries"},
    )
    assert answer.status_code == 200
    await desk.seed(6, countries=["FR", "DE", "GB"], states=[1, 3], spacing=3600)
    await desk.sync()
    return desk


async def totals(desk: Desk, **query: Any) -> list[dict[str, Any]]:
    answer = await desk.api.get("/v1/orders/totals", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("country", {("GB", "GBP"): 2, ("FR", "EUR"): 2, ("DE", "EUR"): 2}),
        ("state", None),
        ("currency", {("GBP", "GBP"): 2, ("EUR", "EUR"): 4}),
        ("day", None),
    ],
)
async def test_totals_have_every_order_once(
    wide: Desk, by: str, keys: dict[tuple[str, str], int] | None
):
    found = await totals(wide, by=by)
    orders = await wide.listed()

    assert sum(item["orders"] for item in found) == len(orders)
    for currency in ("EUR", "GBP"):
        prices = [Decimal(o["price"]) for o in orders if o["currency"] == currency]
        sums = [Decimal(i["price"]) for i in found if i["currency"] == currency]
        assert sum(sums) == sum(prices)
    if keys:
        counts = {(i["key"], i["currency"]): i["orders"] for i in found}
        assert counts == keys


async def test_totals_by_state_and_day_have_keys_that_filters_accept(wide: Desk):
    by_state = await totals(wide, by="state", country="FR,DE")
    by_day = await totals(wide, by="day")

    assert {item["key"] for item in by_state} <= {"to_accept", "to_ship"}
    days = {order["created_at"][:10] for order in await wide.listed()}
    assert {item["key"] for item in by_day} == days


async def test_totals_take_the_filters_of_the_list(wide: Desk):
    query = {"country": "DE,GB", "state": "to_ship"}

    found = await totals(wide, by="country", **query)

    assert sum(i["orders"] for i in found) == len(await wide.listed(**query)) > 0
    assert await totals(wide, by="day", q="unknown-name") == []


async def test_a_store_of_one_country_adds_up_its_orders_only(desk: Desk):
    await desk.seed(6, countries=["FR", "DE"], states=[1], spacing=3600)
    await desk.sync()

    found = await totals(desk)

    assert [(item["key"], item["orders"]) for item in found] == [("FR", 3)]


@pytest.mark.parametrize(
    ("name", "value"), [("by", "buyer"), ("state", "lost"), ("limit", "5")]
)
async def test_invalid_totals_are_refused(
    api: httpx.AsyncClient, name: str, value: str
):
    answer = await api.get("/v1/orders/totals", params={name: value})

    assert answer.status_code == 422


async def table(desk: Desk, **query: Any) -> list[dict[str, str]]:
    answer = await desk.api.get("/v1/orders", params={"format": "csv", **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_a_csv_has_the_whole_list_with_its_filters_and_sort(wide: Desk):
    for query in ({}, {"country": "DE", "sort": "modified_at"}, {"q": "a1"}):
        rows = await table(wide, limit=2, **query)
        orders = await wide.listed(**query)

        assert [row["id"] for row in rows] == [
            order["id"] for order in orders for _ in order["lines"]
        ]


async def test_a_csv_has_one_line_per_order_line(desk: Desk):
    await desk.buy("A1", "B2")
    await desk.sync()
    (order,) = await desk.listed()

    rows = await table(desk)

    assert [(row["sku"], row["line_id"]) for row in rows] == [
        (line["sku"], str(line["id"])) for line in order["lines"]
    ]
    for row in rows:
        assert row["buyer_name"] == order["buyer"]["name"]
        assert row["price"] == order["price"]
        assert row["country"] == "FR"


async def test_a_csv_cell_is_never_a_formula(desk: Desk):
    number = (await desk.buy("A1"))["order_id"]
    address = {"first_name": "=HYPERLINK(1)", "last_name": "@x", "city": "+1"}
    await desk.edit(number, shipping_address=address, tracking_number="-2+3")
    await desk.sync()

    (row,) = await table(desk)

    assert row["buyer_name"].startswith("'=HYPERLINK")
    assert row["buyer_city"] == "'+1"
    assert row["tracking_number"] == "'-2+3"


async def test_a_csv_by_its_media_type(desk: Desk):
    answer = await desk.api.get("/v1/orders", headers={"Accept": "text/csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.count("\r\n") == 1


def test_totals_have_four_groupings():
    assert set(TotalsBy) == {"country", "state", "currency", "day"}
