"""Lists of orders: filters, and pages that stay as they are while orders arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.orders.desk import Desk


@pytest.fixture
async def wide(desk: Desk) -> Desk:
    """A store that sees every country, with twelve orders."""
    answer = await desk.api.put(
        f"/v1/stores/{desk.shop.store_id}/settings",
        json={"environment": "sandbox", "order_scope": "all_countries"},
    )
    assert answer.status_code == 200
    await desk.seed(12, countries=["FR", "DE", "GB"], states=[1, 3], spacing=3600)
    await desk.sync()
    return desk


@pytest.mark.parametrize(
    ("given", "country"),
    [("FR", "FR"), ("fr-fr", "FR"), ("fr", "FR"), ("UK", "GB"), ("GB", "GB")],
)
async def test_a_country_filter_accepts_every_spelling(
    wide: Desk, given: str, country: str
):
    found = await wide.listed(country=given)

    assert len(found) == 4
    assert {order["country"] for order in found} == {country}


@pytest.mark.parametrize("state", ["to_ship", "3"])
async def test_orders_are_filtered_by_state(wide: Desk, state: str):
    found = await wide.listed(state=state)

    assert len(found) == 6
    assert {order["state"] for order in found} == {"to_ship"}


async def test_filters_are_combined(wide: Desk):
    found = await wide.listed(
        country="DE", state="to_ship", store_id=wide.shop.store_id
    )

    assert len(found) == 2
    assert {(o["country"], o["state"]) for o in found} == {("DE", "to_ship")}


async def test_orders_are_filtered_by_time(wide: Desk):
    everything = await wide.listed()
    middle = everything[5]["created_at"]

    since = await wide.listed(created_from=middle)
    until = await wide.listed(created_to=middle)
    changed = await wide.listed(modified_from=everything[5]["modified_at"])

    assert [o["id"] for o in since] == [o["id"] for o in everything[:6]]
    assert [o["id"] for o in until] == [o["id"] for o in everything[6:]]
    assert len(changed) == 6


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("country", "XX", "FR"),
        ("state", "lost", "to_ship (3)"),
        ("created_from", "soon", "2026-01-31T12:00:00Z"),
        ("modified_to", "soon", "2026-01-31T12:00:00Z"),
        ("due", "late", "any, not_accepted, not_shipped"),
        ("has_invoice", "perhaps", "true"),
        ("sort", "price", "-created_at"),
        ("cursor", "AAAA", "`next` of a page"),
    ],
)
async def test_an_invalid_filter_is_refused(
    api: httpx.AsyncClient, name: str, value: str, accepted: str
):
    answer = await api.get("/v1/orders", params={name: value})

    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert name in error["field"]
    assert accepted in error["accepted"]


async def test_pages_are_stable_while_orders_arrive(wide: Desk):
    before = [order["id"] for order in await wide.listed()]
    read: list[str] = []
    cursor: str | None = None

    while True:
        query: dict[str, Any] = {"limit": 5, **({"cursor": cursor} if cursor else {})}
        page = (await wide.api.get("/v1/orders", params=query)).json()
        read += [order["id"] for order in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        await wide.buy("A1")
        await wide.sync()

    assert read == before
    assert len(await wide.listed()) == 14


@pytest.mark.parametrize(
    ("query", "countries"),
    [
        ({"country": "FR,uk"}, {"FR", "GB"}),
        ({"country": ["FR", "gb", "FR"]}, {"FR", "GB"}),
        ({"country": ["FR,GB", "de-de"]}, {"FR", "GB", "DE"}),
        ({"country": ","}, {"FR", "GB", "DE"}),
    ],
    ids=["commas", "repeated", "both", "none"],
)
async def test_several_countries_are_a_union(
    wide: Desk, query: dict[str, Any], countries: set[str]
):
    found = await wide.listed(**query)

    assert len(found) == 4 * len(countries)
    assert {order["country"] for order in found} == countries


async def test_several_states_are_a_union(wide: Desk):
    both = await wide.listed(state=["to_ship", "1"], country="DE,FR")
    none = await wide.listed(state="processed,8")

    assert len(both) == 8
    assert {order["state"] for order in both} == {"to_ship", "to_accept"}
    assert none == []


async def test_too_many_values_are_refused(wide: Desk):
    many = ",".join(str(n) for n in range(51))

    answer = await wide.api.get("/v1/orders", params={"state": many})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "too_many_values"
    assert answer.json()["errors"][0]["accepted"] == "at most 50 values"


async def test_modified_to_is_exclusive(wide: Desk):
    newest = (await wide.listed(sort="-modified_at"))[0]["modified_at"]

    before = await wide.listed(modified_to=newest)
    since = await wide.listed(modified_from=newest)

    assert len(before) + len(since) == 12
    assert all(order["modified_at"] < newest for order in before)


async def _paged(desk: Desk, **query: Any) -> list[dict[str, Any]]:
    """All items in pages of three."""
    read: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (
            await desk.api.get("/v1/orders", params={"limit": 3, **query, **cursor})
        ).json()
        read += page["items"]
        if page["next"] is None:
            return read
        cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("column", ["created_at", "modified_at", "dispatch_by"])
@pytest.mark.parametrize("query", [{}, {"country": "FR,DE"}, {"state": "to_ship"}])
async def test_each_sort_has_stable_pages_in_both_directions(
    wide: Desk, column: str, query: dict[str, str]
):
    everything = await wide.listed(**query)

    rising = await _paged(wide, sort=column, **query)
    falling = await _paged(wide, sort=f"-{column}", **query)

    ends = [order[column] or "9999" for order in rising]
    assert ends == sorted(ends)
    assert [o["id"] for o in falling] == [o["id"] for o in reversed(rising)]
    assert {o["id"] for o in rising} == {o["id"] for o in everything}


async def test_a_cursor_belongs_to_its_sort(wide: Desk):
    first = await wide.api.get("/v1/orders", params={"limit": 3, "sort": "modified_at"})

    answer = await wide.api.get("/v1/orders", params={"cursor": first.json()["next"]})

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_cursor"


async def test_orders_without_a_dispatch_date_come_last(wide: Desk):
    (first, *_) = await wide.listed(sort="dispatch_by")
    await wide.edit(first["marketplace_id"], expected_dispatch_date=None)
    await wide.sync()

    found = await wide.listed(sort="dispatch_by")

    assert found[-1]["id"] == first["id"]
    assert found[-1]["dispatch_by"] is None


async def test_due_orders_name_their_reasons(desk: Desk):
    now = datetime.now(UTC)
    late, soon = _text(now - timedelta(hours=25)), _text(now - timedelta(hours=23))
    past, ahead = _text(now - timedelta(minutes=5)), _text(now + timedelta(hours=1))
    numbers = [(await desk.buy("A1"))["order_id"] for _ in range(3)]
    await desk.edit(numbers[0], date_payment=late, expected_dispatch_date=ahead)
    await desk.edit(numbers[1], date_payment=late, expected_dispatch_date=past)
    await desk.edit(numbers[2], date_payment=soon, expected_dispatch_date=ahead)
    await desk.sync()

    found = {o["marketplace_id"]: o["due"] for o in await desk.listed()}

    assert [found[number] for number in numbers] == [
        ["not_accepted"],
        ["not_accepted", "not_shipped"],
        [],
    ]
    assert set(await desk.numbers(due="any")) == set(numbers[:2])
    assert set(await desk.numbers(due="not_accepted")) == set(numbers[:2])
    assert await desk.numbers(due="not_shipped") == [numbers[1]]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_orders_are_filtered_by_their_invoice(wide: Desk):
    (first, *rest) = await wide.listed()
    await wide.edit(first["marketplace_id"], date_bill_provided="2026-11-29T10:00:00Z")
    await wide.sync()

    having = await wide.listed(has_invoice="true")
    missing = await wide.listed(has_invoice="false")

    assert [(o["id"], o["has_invoice"]) for o in having] == [(first["id"], True)]
    assert [o["id"] for o in missing] == [o["id"] for o in rest]


async def test_a_list_has_the_name_and_city_of_the_buyer(wide: Desk):
    (first, *_) = await wide.listed(country="DE")

    detail = (await wide.api.get(f"/v1/orders/{first['id']}")).json()

    address = detail["shipping_address"]
    name = f"{address['first_name']} {address['last_name']}"
    assert first["buyer"] == {
        "name": name,
        "city": address["city"],
        "country": address["country"],
    }


async def test_an_order_is_found_by_the_number_of_back_market(wide: Desk):
    (first, *_) = await wide.listed()

    by_number = await wide.api.get(f"/v1/orders/{first['marketplace_id']}")
    by_id = await wide.api.get(f"/v1/orders/{first['id']}")
    unknown = await wide.api.get("/v1/orders/1")

    assert by_number.json() == by_id.json()
    assert by_number.headers["etag"] == by_id.headers["etag"]
    assert unknown.status_code == 404


@pytest.mark.parametrize("key", ["-1", "9223372036854775808", "x", "1e3", "9" * 400])
async def test_an_invalid_order_id_is_refused(api: httpx.AsyncClient, key: str):
    answer = await api.get(f"/v1/orders/{key}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "order_id"


async def test_a_list_shows_no_address(wide: Desk):
    (first, *_) = await wide.listed()

    assert not {name for name in first if "address" in name}
    detail = (await wide.api.get(f"/v1/orders/{first['id']}")).json()
    assert detail["shipping_address"]["city"]


async def test_money_is_text_with_a_currency(wide: Desk):
    (first, *_) = await wide.listed(country="GB")

    assert first["currency"] == "GBP"
    assert first["price"].count(".") == 1
    assert first["fee"].count(".") == 1
    assert datetime.fromisoformat(first["created_at"]).utcoffset() == timedelta(0)
