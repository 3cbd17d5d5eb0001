"""Reads one page of orders, in bounded time whatever the filters.

A small set, such as the orders in a rare state, is read as a whole and sorted.
Otherwise orders are read in the order of an index until the page is full, or until
`Bounds.visited` were read: such a page has fewer items, and a `next`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from app.orders.lists.branches import Branches, walked_branches
from app.orders.lists.conditions import (
    Conditions,
    OrderPosition,
    after_conditions,
    position_in,
    range_conditions,
    until_conditions,
    word_ranges,
)
from app.orders.lists.query import (
    BOUNDS,
    Bounds,
    OrderQuery,
    compose_page,
    other_conditions,
)
from app.orders.lists.small_sets import set_query, small_set
from app.orders.models import SalesOrder


@dataclass(frozen=True, slots=True)
class OrdersRead:
    """A page of orders; `next` is the position after which the next page starts."""

    orders: Sequence[SalesOrder]
    next: OrderPosition | None


async def read_page(
    session: AsyncSession,
    query: OrderQuery,
    after: OrderPosition | None,
    limit: int,
    bounds: Bounds = BOUNDS,
) -> OrdersRead:
    """At most `limit` orders, without billing addresses and rare fields."""
    if not query.scopes:
        return OrdersRead([], None)
    small = await small_set(session, query, bounds.sorted)
    if small:
        sql, values, until = *set_query(query, small, after), None
    else:
        sql, values, until = await _walk(
            session, query, after, limit, _most(query, bounds)
        )
    page = select(SalesOrder).from_statement(
        text(compose_page(query.sort, "orders_of_page", page=sql))
    )
    found = (
        (await session.execute(page, {**values, "limit": limit + 1})).scalars().all()
    )
    if len(found) > limit:
        return OrdersRead(found[:limit], position_in(query.sort, found[limit - 1]))
    return OrdersRead(found, until)


def _most(query: OrderQuery, bounds: Bounds) -> int:
    return bounds.searched if word_ranges(query.filters) else bounds.visited


async def _walk(
    session: AsyncSession,
    query: OrderQuery,
    after: OrderPosition | None,
    limit: int,
    most: int,
) -> tuple[str, dict[str, Any], OrderPosition | None]:
    """The SQL of the page, its values, and the position up to which it reads."""
    branches = walked_branches(query.scopes, query.filters, query.sort)
    visits = max(limit + 1, most // len(branches.accounts))
    until = None
    if other_conditions(query, branches).sql:
        sql, values = frontier_query(query, branches, after, visits)
        row = (await session.execute(text(sql), values)).one_or_none()
        until = OrderPosition(row.at, row.id) if row else None
    return *walk_query(query, branches, (after, until), visits), until


def frontier_query(
    query: OrderQuery, branches: Branches, after: OrderPosition | None, visits: int
) -> tuple[str, dict[str, Any]]:
    range_ = _range(query, after)
    sql = compose_page(
        query.sort,
        "frontier",
        branches=branches.source,
        branch=branches.condition,
        range=range_.joined,
        visits=str(visits),
    )
    return sql, {**branches.parameters, **range_.values}


def walk_query(
    query: OrderQuery,
    branches: Branches,
    between: tuple[OrderPosition | None, OrderPosition | None],
    visits: int,
) -> tuple[str, dict[str, Any]]:
    """The SQL that finds the page in the order of an index, and its values."""
    after, until = between
    range_ = _range(query, after) + until_conditions(query.sort, until)
    rest = other_conditions(query, branches)
    sql = compose_page(
        query.sort,
        "walked",
        branches=branches.source,
        branch=branches.condition,
        range=range_.joined,
        conditions=rest.joined,
        visits=str(2 * visits),  # orders may arrive between the two queries
    )
    return sql, {**branches.parameters, **range_.values, **rest.values}


def _range(query: OrderQuery, after: OrderPosition | None) -> Conditions:
    within = range_conditions(query.filters, query.sort.column)
    return within + after_conditions(query.sort, after)
