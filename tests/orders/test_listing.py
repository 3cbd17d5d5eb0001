"""Lists of orders: filters, and pages that stay as they are while orders arrive."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.columns import new_id
from app.database import open_engine
from app.orders.queries import Filters, OrderPosition, page_query
from tests.orders.desk import Desk
from tests.support.stack import query

MANY = 30_000
PLACE = OrderPosition(datetime(2020, 1, 10, tzinfo=UTC), UUID(int=0))


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


@pytest.fixture
async def many(database_url: str) -> AsyncIterator[tuple[AsyncSession, UUID]]:
    """An account with so many orders that reading all of them would show."""
    account_id = new_id()
    query(
        database_url,
        "INSERT INTO seller_account (id, platform, environment, token_digest, "
        "token_cipher, token_key_id, shared_quantity, connection, version, created_at) "
        "VALUES (%s, 'EU', 'sandbox', '', '', '', 'min', 'ok', 1, now())",
        account_id,
    )
    query(
        database_url,
        "INSERT INTO sales_order (id, account_id, marketplace_id, state, country, "
        "created_at, modified_at, shipping_address, billing_address, other_fields, "
        "digest, version, first_seen_at, changed_at) "
        "SELECT gen_random_uuid(), %s, n, CASE WHEN n %% 100 = 0 THEN 1 ELSE 9 END, "
        "CASE WHEN n %% 3 = 0 THEN 'DE' ELSE 'FR' END, t, t, '{}', '{}', '{}', '', 1, "
        "t, t FROM (SELECT n, timestamptz '2020-01-01' + n * interval '1 minute' AS t "
        "FROM generate_series(1, %s) AS n) AS made",
        account_id,
        MANY,
    )
    query(database_url, "ANALYZE sales_order")
    engine = open_engine(database_url)
    async with async_sessionmaker(engine)() as session:
        yield session, account_id
    await engine.dispose()


def _rows_read(node: Any) -> int:
    own = node["Actual Rows"] * node["Actual Loops"]
    own += node.get("Rows Removed by Filter", 0)
    return int(max([own, *(_rows_read(each) for each in node.get("Plans", ()))]))


@pytest.mark.parametrize(
    ("country", "filters"),
    [
        pytest.param(None, Filters(), id="all"),
        pytest.param("DE", Filters(country="DE"), id="a country"),
        pytest.param(None, Filters(state=1), id="a rare state"),
        pytest.param("FR", Filters(country="FR", state=9), id="country and state"),
        pytest.param(
            None, Filters(created_to=datetime(2020, 1, 5, tzinfo=UTC)), id="long ago"
        ),
        pytest.param(
            None,
            Filters(modified_from=datetime(2020, 1, 21, 19, tzinfo=UTC)),
            id="changed lately",
        ),
    ],
)
@pytest.mark.parametrize("after", [None, PLACE], ids=["first page", "a later page"])
async def test_a_page_reads_few_extra_rows(many, country, filters, after):
    session, account_id = many
    page, values = page_query([(account_id, country)], filters, after, 50)

    explained = await session.scalar(
        text(f"EXPLAIN (ANALYZE, FORMAT JSON) {page}"), values
    )

    assert _rows_read(explained[0]["Plan"]) < MANY / 20
