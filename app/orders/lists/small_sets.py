"""Sets of orders that are small enough to be read as a whole and sorted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.sql import compose
from app.orders.lists.branches import (
    Branches,
    accounts_of,
    branches_of,
    country_branches,
    walked_branches,
)
from app.orders.lists.conditions import (
    Conditions,
    OrderPosition,
    after_conditions,
    conditions_of,
    range_conditions,
    scope_conditions,
    word_ranges,
    word_values,
)
from app.orders.lists.query import PAGE_SQL, OrderQuery, compose_page, other_conditions
from app.orders.models import OPEN_FOR_SELLER


@dataclass(frozen=True, slots=True)
class OrderSet:
    """Orders that one index finds: SQL that selects their ids, and its parameters."""

    sql: str
    values: dict[str, Any]


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
    if not other_conditions(query, walked_branches(scopes, filters, sort)).sql:
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
    sql = compose_page(
        query.sort,
        "sorted_set",
        source=compose(PAGE_SQL["set_of_orders"], {"set": small.sql}),
        conditions=conditions.joined,
        range=range_.joined,
    )
    return sql, {**small.values, **conditions.values, **range_.values}
