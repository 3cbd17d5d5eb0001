"""The filters and sorts of order lists, as SQL conditions on an order `o`. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.orders.due import ACCEPT_WITHIN, DUE_SQL, DueReason
from app.orders.models import SalesOrder
from app.orders.search.words import Search, WordRange

Scopes = Sequence[tuple[UUID, str | None]]
"""Pairs of an account and a country, None for all countries of the account."""
NO_DISPATCH_DATE = datetime(9999, 1, 1, tzinfo=UTC)
"""Replaces a missing dispatch date in sorts: such orders come last."""


class OrderSort(StrEnum):
    """What a list is sorted by; `-` means descending. The id breaks ties."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    CHANGED_LAST = "-modified_at"
    CHANGED_FIRST = "modified_at"
    DISPATCH_FIRST = "dispatch_by"
    DISPATCH_LAST = "-dispatch_by"

    @property
    def column(self) -> str:
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.value.startswith("-")

    @property
    def expression(self) -> str:
        """As the index has it."""
        if self.column == "dispatch_by":
            return "coalesce(o.dispatch_by, timestamptz '9999-01-01 00:00:00Z')"
        return f"o.{self.column}"


@dataclass(frozen=True, slots=True)
class OrderPosition:
    """A position in a list: the value that it is sorted by, and the order's id."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a list. `_from` is inclusive, `_to` exclusive; empty means any."""

    countries: tuple[str, ...] = ()
    states: tuple[int, ...] = ()
    outcome: str | None = None
    due: tuple[DueReason, ...] = ()
    has_invoice: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    modified_from: datetime | None = None
    modified_to: datetime | None = None
    search: Search | None = None
    exact: tuple[WordRange, ...] = ()
    """Words that an order must have: of a tag, of the merchant's number."""


_TIMES = {
    "created_from": "o.created_at >= :created_from",
    "created_to": "o.created_at < :created_to",
    "modified_from": "o.modified_at >= :modified_from",
    "modified_to": "o.modified_at < :modified_to",
}
_OTHERS = {
    "states": "o.state = ANY(CAST(:states AS integer[]))",
    "outcome": "o.outcome = :outcome",
    "has_invoice": "o.has_invoice = :has_invoice",
}

_IN_SCOPES = (
    "o.account_id = ANY(CAST(:whole AS uuid[])) OR (o.account_id, o.country) IN"
    " (SELECT * FROM unnest(CAST(:scope_accounts AS uuid[]),"
    " CAST(:scope_countries AS text[])))"
)

_HAS_WORD = (
    "coalesce((SELECT true FROM sales_order_word AS w WHERE w.order_id = o.id"
    " AND w.word >= :{name}_low AND w.word < :{name}_high LIMIT 1), false)"
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """SQL conditions with the values of their parameters."""

    sql: tuple[str, ...]
    values: Mapping[str, Any]

    def __add__(self, other: "Conditions") -> "Conditions":
        return Conditions(self.sql + other.sql, {**self.values, **other.values})

    @property
    def joined(self) -> str:
        return " AND ".join(f"({each})" for each in self.sql) or "true"


def range_conditions(filters: Filters, column: str) -> Conditions:
    """The time range of one column, `created_at` or `modified_at`."""
    prefix = column.removesuffix("_at")
    return _given(filters, {k: v for k, v in _TIMES.items() if k.startswith(prefix)})


def conditions_of(filters: Filters, now: datetime) -> Conditions:
    """All conditions except countries, which are part of the scopes."""
    plain = _given(filters, {**_TIMES, **_OTHERS})
    return plain + due_conditions(filters, now) + word_conditions(filters)


def word_conditions(filters: Filters) -> Conditions:
    """Words that an order must have; of a search, those of each range or of `joined`.

    Scalar subqueries: PostgreSQL may not read all words of a range instead.
    """
    has = {name: _HAS_WORD.format(name=name) for name in word_ranges(filters)}
    sql = [has[name] for name in has if name.startswith("exact")]
    searched = [has[name] for name in has if name.startswith("word")]
    if searched:
        either = [" AND ".join(searched), *filter(None, [has.get("joined")])]
        sql.append(" OR ".join(f"({each})" for each in either))
    return Conditions(tuple(sql), word_values(filters))


def word_ranges(filters: Filters) -> dict[str, WordRange]:
    """The ranges by the names of their parameters."""
    ranges = {f"exact_{n}": each for n, each in enumerate(filters.exact)}
    if search := filters.search:
        ranges |= {f"word_{n}": each for n, each in enumerate(search.words)}
        ranges |= {"joined": search.joined} if search.joined else {}
    return ranges


def word_values(filters: Filters) -> dict[str, str]:
    """The bounds of the ranges as parameters."""
    ranges = word_ranges(filters)
    lows = {f"{name}_low": each.low for name, each in ranges.items()}
    return lows | {f"{name}_high": each.high for name, each in ranges.items()}


def due_conditions(filters: Filters, now: datetime) -> Conditions:
    if not filters.due:
        return Conditions((), {})
    either = " OR ".join(f"({DUE_SQL[reason]})" for reason in filters.due)
    return Conditions((either,), {"now": now, "accept_before": now - ACCEPT_WITHIN})


def _given(filters: Filters, known: Mapping[str, str]) -> Conditions:
    values = {name: getattr(filters, name) for name in known}
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value not in {None, ()}
    }
    return Conditions(tuple(known[name] for name in values), values)


def scope_conditions(scopes: Scopes) -> Conditions:
    """Orders of the accounts, each of all countries or of one."""
    return Conditions(
        (_IN_SCOPES,),
        {
            "whole": [account for account, country in scopes if country is None],
            "scope_accounts": [account for account, country in scopes if country],
            "scope_countries": [country for _, country in scopes if country],
        },
    )


def after_conditions(sort: OrderSort, after: OrderPosition | None) -> Conditions:
    if after is None:
        return Conditions((), {})
    sign = "<" if sort.descending else ">"
    return Conditions(
        (f"({sort.expression}, o.id) {sign} (:after_at, :after_id)",),
        {"after_at": after.at, "after_id": after.id},
    )


def until_conditions(sort: OrderSort, until: OrderPosition | None) -> Conditions:
    """Not past this position, which is included."""
    if until is None:
        return Conditions((), {})
    sign = ">=" if sort.descending else "<="
    return Conditions(
        (f"({sort.expression}, o.id) {sign} (:until_at, :until_id)",),
        {"until_at": until.at, "until_id": until.id},
    )


def position_in(sort: OrderSort, order: SalesOrder) -> OrderPosition:
    """The position of an order."""
    at = getattr(order, sort.column)
    return OrderPosition(at or NO_DISPATCH_DATE, order.id)
