"""Reads one page of orders, in bounded time whatever the filters.

A small set, such as the orders in a rare state, is read as a whole and sorted.
Otherwise orders are read in the order of an index until the page is full, or until
`Bounds.visited` were read: such a page has fewer items, and a `next`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from app.core.columns import utc_now
from app.core.sql import compose, load_templates
from app.orders.lists.branches import (
    Branches,
    accounts_of,
    branches_of,
    country_branches,
    covers_scopes,
    uncovered,
    walked_branches,
)
from app.orders.lists.conditions import (
    Conditions,
    Filters,
    OrderPosition,
    OrderSort,
    Scopes,
    after_conditions,
    conditions_of,
    position_in,
    range_conditions,
    scope_conditions,
    until_conditions,
    word_ranges,
    word_values,
)
from app.orders.models import OPEN_FOR_SELLER, SalesOrder


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many orders a page reads: in the order of an index, and as a whole set.

    `searched` replaces `visited` if each order's words are looked up.
    """

    visited: int = 5_000
    searched: int = 2_000
    sorted: int = 2_000


BOUNDS = Bounds()

_ALONE = {
    *("billing_address", "other_fields", "digest", "note"),
    *("sealed_addresses", "sealed_key", "email_digests"),
}
_IN_LISTS = ", ".join(
    f"o.{name}" for name in SalesOrder.model_fields if name not in _ALONE
)
"""The columns of an order in a list, without its largest ones."""
_FILTERED = ", ".join(
    f"o.{name}"
    for name in (
        "id",
        "account_id",
        "country",
        "state",
        "outcome",
        "has_invoice",
        "created_at",
        "modified_at",
        "paid_at",
        "dispatch_by",
        "currency",
        "price",
        "shipping_price",
        "sales_taxes",
    )
)
"""The columns that conditions and totals name."""
PAGE_SQL = load_templates(
    __package__, "page.sql", {"order_columns": _IN_LISTS, "columns": _FILTERED}
)


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What a list shows: scopes that the caller may see, filters and a sort."""

    scopes: Scopes
    filters: Filters
    sort: OrderSort = OrderSort.NEWEST


@dataclass(frozen=True, slots=True)
class OrderSet:
    """Orders that one index finds: SQL that selects their ids, and its parameters."""

    sql: str
    values: dict[str, Any]


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
        text(_compose(query.sort, "orders_of_page", page=sql))
    )
    found = (
        (await session.execute(page, {**values, "limit": limit + 1})).scalars().all()
    )
    if len(found) > limit:
        return OrdersRead(found[:limit], position_in(query.sort, found[limit - 1]))
    return OrdersRead(found, until)


async def small_set(
    session: AsyncSession, query: OrderQuery, most: int
) -> OrderSet | None:
    """The smallest set of the filters, if it is small enough to be sorted."""
    sets = sets_of(query, most)
    if not sets:
        return None
    counts = ", ".join(
        compose(PAGE_SQL["count_set"], {"set": each.sql}) for each in sets
    )
    values = {name: value for each in sets for name, value in each.values.items()}
    sizes = (await session.execute(text(f"SELECT {counts}"), values)).one()
    size, place = min((size, place) for place, size in enumerate(sizes))
    return sets[place] if size <= most else None


def sets_of(query: OrderQuery, most: int) -> list[OrderSet]:
    """A set per filter with an index; none if an index has the order of the list."""
    filters, scopes, sort = query.filters, query.scopes, query.sort
    if not _rest(query, walked_branches(scopes, filters, sort)).sql:
        return []
    sets = [_order_set(*each, most) for each in _indexed(query)]
    return sets + _word_sets(query, most)


def _word_sets(query: OrderQuery, most: int) -> list[OrderSet]:
    """One per word; those of a search each with the orders of the joined words."""
    names = word_ranges(query.filters)
    if not names:
        return []
    values = word_values(query.filters) | {"word_accounts": accounts_of(query.scopes)}
    joined = ["joined"] if "joined" in names else []
    return [
        OrderSet(
            _word_set(
                [name, *(joined if name.startswith("word") else [])], str(most + 1)
            ),
            values,
        )
        for name in names
        if name != "joined"
    ]


def _word_set(names: Sequence[str], most: str) -> str:
    ranges = [compose(PAGE_SQL["word_range"], {"name": n, "most": most}) for n in names]
    union = " UNION ALL ".join(f"({each})" for each in ranges)
    return compose(PAGE_SQL["word_set"], {"ranges": union, "most": most})


def _indexed(query: OrderQuery) -> Iterator[tuple[Branches, str, Conditions]]:
    """Branches, the column that selects the index, and its conditions."""
    filters, scopes = query.filters, query.scopes
    accounts, every = tuple(accounts_of(scopes)), Conditions((), {})
    if filters.states:
        states = branches_of("states", scopes, "state", filters.states)
        yield states, "o.created_at", every
    if filters.outcome:
        outcomes = branches_of("outcomes", scopes, "outcome", [filters.outcome])
        yield outcomes, "o.created_at", every
    if countries := country_branches("countries", scopes):
        yield countries, "o.created_at", every
    if filters.due:
        due = Conditions((OPEN_FOR_SELLER,), {})
        yield Branches("due", accounts), "o.dispatch_by", due
    for column in ("created_at", "modified_at"):
        within = range_conditions(filters, column)
        if within.sql:
            yield Branches(column, accounts), f"o.{column}", within


def _order_set(branches: Branches, by: str, indexed: Conditions, most: int) -> OrderSet:
    sql = compose(
        PAGE_SQL["order_set"],
        {
            "branches": branches.source,
            "branch": branches.condition,
            "indexed": indexed.joined,
            "by": by,
            "most": str(most + 1),
        },
    )
    return OrderSet(sql, {**branches.parameters, **indexed.values})


def set_query(
    query: OrderQuery, small: OrderSet, after: OrderPosition | None
) -> tuple[str, dict[str, Any]]:
    """The SQL that finds the page in a set, and its values except `limit`."""
    conditions = conditions_of(query.filters, utc_now())
    conditions += scope_conditions(query.scopes)
    range_ = after_conditions(query.sort, after)
    sql = _compose(
        query.sort,
        "sorted_set",
        source=compose(PAGE_SQL["set_of_orders"], {"set": small.sql}),
        conditions=conditions.joined,
        range=range_.joined,
    )
    return sql, {**small.values, **conditions.values, **range_.values}


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
    if _rest(query, branches).sql:
        sql, values = frontier_query(query, branches, after, visits)
        row = (await session.execute(text(sql), values)).one_or_none()
        until = OrderPosition(row.at, row.id) if row else None
    return *walk_query(query, branches, (after, until), visits), until


def _rest(query: OrderQuery, branches: Branches) -> Conditions:
    """The conditions that the branches and the range of the sort do not cover."""
    rest = conditions_of(uncovered(query.filters, branches, query.sort), utc_now())
    if covers_scopes(branches, query.scopes):
        return rest
    return rest + scope_conditions(query.scopes)


def frontier_query(
    query: OrderQuery, branches: Branches, after: OrderPosition | None, visits: int
) -> tuple[str, dict[str, Any]]:
    range_ = _range(query, after)
    sql = _compose(
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
    rest = _rest(query, branches)
    sql = _compose(
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


def _compose(sort: OrderSort, name: str, **fragments: str) -> str:
    direction = "DESC" if sort.descending else "ASC"
    common = {"at": sort.expression, "direction": direction}
    return compose(PAGE_SQL[name], {**common, **fragments})
