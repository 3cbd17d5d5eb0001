"""Index ranges that a list reads: of accounts, or of values in accounts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.orders.lists.conditions import Filters, OrderSort, Scopes

_TYPES = {"country": "text", "state": "integer", "outcome": "text"}
_INDEXED = {
    "created_at": frozenset({"country", "state", "outcome"}),
    "modified_at": frozenset({"country"}),
    "dispatch_by": frozenset[str](),
}
"""Columns with an index by account, column and what the list is sorted by."""
_PROCESSED = 9
"""The state of nearly all orders of an old account."""


@dataclass(frozen=True, slots=True)
class Branches:
    """One branch per account, or per account and value of `column`.

    `name` makes the parameters unique in a statement with several.
    """

    name: str
    accounts: tuple[UUID, ...]
    column: str | None = None
    values: tuple[str | int, ...] = ()

    @property
    def source(self) -> str:
        accounts = f"CAST(:{self.name}_accounts AS uuid[])"
        if self.column is None:
            return f"unnest({accounts}) AS s(account_id)"
        values = f"CAST(:{self.name}_values AS {_TYPES[self.column]}[])"
        return f"unnest({accounts}, {values}) AS s(account_id, value)"

    @property
    def condition(self) -> str:
        own = "o.account_id = s.account_id"
        if self.column is None:
            return own
        collation = ' COLLATE "C"' if self.column == "country" else ""
        return f"{own} AND o.{self.column} = s.value{collation}"

    @property
    def parameters(self) -> dict[str, Any]:
        accounts = {f"{self.name}_accounts": list(self.accounts)}
        if self.column is None:
            return accounts
        return {**accounts, f"{self.name}_values": list(self.values)}


def branches_of(
    name: str, scopes: Scopes, column: str, values: Iterable[Any]
) -> Branches:
    """One branch per account and value."""
    pairs = [(account, value) for account in accounts_of(scopes) for value in values]
    return Branches(
        name, tuple(a for a, _ in pairs), column, tuple(value for _, value in pairs)
    )


def accounts_of(scopes: Scopes) -> list[UUID]:
    return sorted({account for account, _ in scopes})


def country_branches(name: str, scopes: Scopes) -> Branches | None:
    """One branch per scope, if each scope is of one country."""
    pairs = [(account, country) for account, country in scopes if country]
    if len(pairs) < len(scopes):
        return None
    return Branches(
        name, tuple(a for a, _ in pairs), "country", tuple(value for _, value in pairs)
    )


def walked_branches(scopes: Scopes, filters: Filters, sort: OrderSort) -> Branches:
    """Branches whose index has the order of the list, with few other orders."""
    indexed = _INDEXED[sort.column]
    if filters.states and _PROCESSED not in filters.states and "state" in indexed:
        return branches_of("walk", scopes, "state", filters.states)
    if filters.outcome and "outcome" in indexed:
        return branches_of("walk", scopes, "outcome", [filters.outcome])
    countries = country_branches("walk", scopes) if "country" in indexed else None
    return countries or Branches("walk", tuple(accounts_of(scopes)))


def covers_scopes(branches: Branches, scopes: Scopes) -> bool:
    """Whether every order of the branches is in the scopes."""
    return branches.column == "country" or all(country is None for _, country in scopes)


def uncovered(filters: Filters, branches: Branches, sort: OrderSort) -> Filters:
    """The filters that orders of the branches, in a range of the sort, may not fit."""
    covered: dict[str, Any] = {}
    if branches.column == "state":
        covered["states"] = ()
    if branches.column == "outcome":
        covered["outcome"] = None
    if sort.column != "dispatch_by":
        prefix = sort.column.removesuffix("_at")
        covered |= {f"{prefix}_from": None, f"{prefix}_to": None}
    return replace(filters, **covered)
