"""Pages of many orders: few are read, whatever the filters, and none is left out."""

import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.columns import new_id
from app.database import open_engine
from app.orders.due import DueReason
from app.orders.lists.conditions import (
    NO_DISPATCH_DATE,
    Filters,
    OrderPosition,
    OrderSort,
    Scopes,
)
from app.orders.lists.page import read_page
from app.orders.lists.query import BOUNDS, Bounds, OrderQuery
from app.orders.search.words import Search, search_of
from tests.support.databases import Databases
from tests.support.stack import query

MANY = 20_000
SOME = 3000
"""Enough for many pages of TIGHT."""
TIGHT = Bounds(visited=400, searched=400, sorted=300)
PLACE = OrderPosition(datetime(2020, 1, 10, tzinfo=UTC), UUID(int=0))
ORDERS = """
INSERT INTO sales_order (id, account_id, marketplace_id, state, outcome, country,
  created_at, modified_at, dispatch_by, has_invoice, shipping_address, billing_address,
  other_fields, digest, version, first_seen_at, changed_at)
SELECT gen_random_uuid(), %s, n, CASE WHEN n %% 100 = 0 THEN 1 ELSE 9 END,
  CASE WHEN n %% 100 = 0 THEN 'open' WHEN n < 2000 THEN 'refunded' ELSE 'shipped' END,
  CASE WHEN n %% 3 = 0 THEN 'DE' ELSE 'FR' END, t, t + n %% 7 * interval '1 hour',
  CASE WHEN n %% 100 = 0 THEN t + interval '2 days' END, n %% 1000 = 7,
  '{}', '{}', '{}', '', 1, t, t
  FROM (SELECT n, timestamptz '2020-01-01' + n * %s * interval '1 minute' AS t
          FROM generate_series(1, %s) AS n) AS made
"""
EVERY = (
    "SELECT id, marketplace_id, account_id, country, state, outcome, created_at, "
    "modified_at, has_invoice FROM sales_order"
)
WORDS = """
INSERT INTO sales_order_word (order_id, word, account_id)
SELECT id, word, account_id FROM sales_order CROSS JOIN LATERAL (
  VALUES ('common'), ('n' || marketplace_id), ('mod' || marketplace_id %% 7),
         (CASE WHEN marketplace_id < 2000 THEN 'old' END),
         (CASE WHEN marketplace_id %% 900 = 0 THEN 'rare' END)) AS words (word)
 WHERE word IS NOT NULL
"""
ACCOUNT = (
    "INSERT INTO seller_account (id, platform, environment, token_digest, "
    "token_cipher, token_key_id, shared_quantity, connection, version, created_at) "
    "VALUES (%s, 'EU', 'sandbox', %s, '', '', 'min', 'ok', 1, now())"
)


@pytest.fixture(scope="module")
def many_orders(databases: Databases) -> Iterator[tuple[str, list[UUID]]]:
    """An account with so many orders that reading all would show, and two others.

    The last one has fewer orders in the same time.
    """
    url, accounts = databases.take(), [new_id(), new_id(), new_id()]
    for account, count in zip(accounts, (MANY, 50, SOME), strict=True):
        query(url, ACCOUNT, account, str(account))
        query(url, ORDERS, account, MANY / SOME if count == SOME else 1, count)
    query(url, WORDS)
    query(url, "ANALYZE sales_order")
    query(url, "ANALYZE sales_order_word")
    yield url, accounts
    databases.give_back(url)


@pytest.fixture
async def many(
    many_orders: tuple[str, list[UUID]],
) -> AsyncIterator[tuple[AsyncSession, list[UUID]]]:
    url, accounts = many_orders
    engine = open_engine(url)
    async with async_sessionmaker(engine)() as session:
        yield session, accounts
    await engine.dispose()


FILTERS = [
    pytest.param(None, Filters(), id="all"),
    pytest.param("DE", Filters(countries=("DE",)), id="a country"),
    pytest.param(None, Filters(states=(1,)), id="a rare state"),
    pytest.param("FR", Filters(countries=("FR",), states=(9,)), id="country and state"),
    pytest.param(None, Filters(states=(1, 3, 9)), id="several states"),
    pytest.param(None, Filters(outcome="refunded"), id="an outcome of long ago"),
    pytest.param(None, Filters(has_invoice=True), id="a rare invoice"),
    pytest.param(None, Filters(due=(DueReason.NOT_SHIPPED,)), id="due"),
    pytest.param("DE", Filters(due=tuple(DueReason)), id="due in a country"),
    pytest.param(None, Filters(search=search_of("rare")), id="a rare word"),
    pytest.param("DE", Filters(search=search_of("common")), id="a common word"),
    pytest.param(None, Filters(search=search_of("old mod")), id="an old word"),
    pytest.param(None, Filters(search=search_of("n1")), id="a short word"),
    pytest.param(None, Filters(search=search_of("n19")), id="a beginning"),
    pytest.param(
        None, Filters(created_to=datetime(2020, 1, 5, tzinfo=UTC)), id="long ago"
    ),
    pytest.param(
        None,
        Filters(modified_from=datetime(2020, 1, 13, 19, tzinfo=UTC)),
        id="changed lately",
    ),
    pytest.param(
        None,
        Filters(
            created_from=datetime(2020, 1, 2, tzinfo=UTC),
            modified_to=datetime(2020, 1, 12, tzinfo=UTC),
        ),
        id="two ranges",
    ),
]


def _rows_read(node: Any) -> int:
    own = node["Actual Rows"] * node["Actual Loops"]
    own += node.get("Rows Removed by Filter", 0)
    return int(max([own, *(_rows_read(each) for each in node.get("Plans", ()))]))


async def _explained(session: AsyncSession, statements: Sequence[Any]) -> int:
    """The most rows that a step of these statements reads."""
    most = 0
    connection = await session.connection()
    for sql, values in statements:
        plan = await connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values
        )
        most = max(most, _rows_read(plan.scalar_one()[0]["Plan"]))
    return most


async def _read(
    session: AsyncSession, *given: Any, **more: Any
) -> tuple[Any, list[tuple[str, Any]]]:
    """The page, and the statements that it executes."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _u: Any, sql: str, values: Any, *_: Any) -> None:
        statements.append((sql, values))

    connection = (await session.connection()).sync_connection
    event.listen(connection, "before_cursor_execute", note)
    page = await read_page(session, *given, **more)
    event.remove(connection, "before_cursor_execute", note)
    return page, statements


@pytest.mark.parametrize(("country", "filters"), FILTERS)
async def test_a_page_reads_few_extra_rows(many, country, filters):
    session, (account, *_) = many

    for sort, after in itertools.product(OrderSort, [None, PLACE]):
        asked = OrderQuery([(account, country)], filters, sort)
        _, statements = await _read(session, asked, after, 50, TIGHT)

        assert statements
        assert await _explained(session, statements) <= 2 * TIGHT.visited, sort


@pytest.mark.parametrize(("country", "filters"), FILTERS)
async def test_pages_have_every_order_once_and_in_order(many, country, filters):
    session, (_, other, account) = many
    scopes: Scopes = [(account, country), (other, None)]
    expected = await _expected(session, scopes, filters)

    for sort, bounds in itertools.product(OrderSort, [TIGHT, BOUNDS]):
        orders = await _all(session, OrderQuery(scopes, filters, sort), bounds)

        times = [getattr(o, sort.column) or NO_DISPATCH_DATE for o in orders]
        assert times == sorted(times, reverse=sort.descending)
        assert len(orders) == len(expected)
        assert {order.id for order in orders} == expected


async def _all(session: AsyncSession, asked: OrderQuery, bounds: Bounds) -> list[Any]:
    """The orders of all pages."""
    orders: list[Any] = []
    after = None
    while True:
        page = await read_page(session, asked, after, 1000, bounds)
        orders += page.orders
        after = page.next
        if after is None:
            return orders


async def test_a_page_is_short_rather_than_slow(many):
    session, (account, *_) = many
    asked = OrderQuery([(account, None)], Filters(has_invoice=True))

    page, _ = await _read(session, asked, None, 50, TIGHT)

    assert page.orders == []
    assert page.next is not None


async def _expected(session: AsyncSession, scopes: Scopes, f: Filters) -> set[UUID]:
    """The ids by a plain query and a filter in Python."""
    rows = await session.execute(text(EVERY))
    return {row.id for row in rows if _shown(row, scopes) and _fits(row, f)}


def _shown(row: Any, scopes: Scopes) -> bool:
    return any(row.account_id == a and c in {None, row.country} for a, c in scopes)


def _fits(row: Any, f: Filters) -> bool:
    late = row.state == 1 and row.outcome == "open"
    return (
        (not f.states or row.state in f.states)
        and f.outcome in {None, row.outcome}
        and f.has_invoice in {None, row.has_invoice}
        and (not f.due or late)
        and (f.search is None or _has(row.marketplace_id, f.search))
        and (f.created_from is None or row.created_at >= f.created_from)
        and (f.created_to is None or row.created_at < f.created_to)
        and (f.modified_from is None or row.modified_at >= f.modified_from)
        and (f.modified_to is None or row.modified_at < f.modified_to)
    )


def _has(number: int, search: Search) -> bool:
    words = ["common", f"n{number}", f"mod{number % 7}"]
    words += ["old"] * (number < 2000) + ["rare"] * (number % 900 == 0)
    return all(any(r.low <= word < r.high for word in words) for r in search.words)
