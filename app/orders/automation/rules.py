"""Which new orders stock covers and a store's rule accepts. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.orders.actions.transitions import CANCELLED, TO_ACCEPT

ACCEPT = "accept_orders"
"""The name of the rule in the audit log and of its actions."""
ORDER_TO_ACCEPT = 1
"""The state of a paid order (Back Market API, section 7.2)."""


class LeftReason(StrEnum):
    """Why an order is left to the merchant."""

    NO_RULE = "no_rule"
    HANDLED = "handled"
    NOT_ACCEPTABLE = "not_acceptable"
    SKU_EXCLUDED = "sku_excluded"
    COUNTRY_EXCLUDED = "country_excluded"
    PRICE_EXCLUDED = "price_excluded"
    NO_STOCK = "no_stock"
    STOCK_TOO_OLD = "stock_too_old"


@dataclass(frozen=True, slots=True)
class AcceptRule:
    """The rule of a store: its exclusions, and its market's currency."""

    store_id: UUID
    currency: str
    skus: Sequence[str] = ()
    countries: frozenset[str] = frozenset()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    max_stock_age: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A line of a new order; without a SKU no request can name it."""

    state: int
    sku_key: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """A new order; `is_handled`: an action on it was requested before."""

    id: UUID
    number: int
    state: int
    country: str | None
    price: Decimal | None
    currency: str | None
    is_handled: bool
    rule: AcceptRule | None
    lines: Sequence[PendingLine] = ()


@dataclass(frozen=True, slots=True)
class Stock:
    """What new orders of a SKU may take, stated at `as_of`: without sold units of
    other orders.
    """

    units: int
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class AcceptPlan:
    """The orders to accept with their rule, and why the others are left."""

    accepted: list[PendingOrder] = field(default_factory=list)
    left: Counter[LeftReason] = field(default_factory=Counter)


def plan_acceptance(
    orders: Sequence[PendingOrder],
    stock: Mapping[tuple[UUID, str], Stock],
    now: datetime,
) -> AcceptPlan:
    """Decide for all new orders of an account, the oldest first.

    `stock`: by store and SKU key. Each order takes its units from those that follow,
    also if it is left to the merchant: the same piece is never promised twice.
    """
    plan = AcceptPlan()
    taken: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            if line.state == TO_ACCEPT and line.sku_key:
                taken[line.sku_key] += max(line.quantity, 0)
        reason = _reason_to_leave(order, stock, taken, now)
        if reason is None:
            plan.accepted.append(order)
        else:
            plan.left[reason] += 1
    return plan


def _reason_to_leave(
    order: PendingOrder,
    stock: Mapping[tuple[UUID, str], Stock],
    taken: Mapping[str, int],
    now: datetime,
) -> LeftReason | None:
    rule = order.rule
    if rule is None:
        return LeftReason.NO_RULE
    if order.is_handled:
        return LeftReason.HANDLED
    if not _is_acceptable(order):
        return LeftReason.NOT_ACCEPTABLE
    keys = {line.sku_key or "" for line in order.lines if line.state == TO_ACCEPT}
    return _excluded(rule, order, keys) or _uncovered(rule, keys, stock, taken, now)


def _is_acceptable(order: PendingOrder) -> bool:
    """Every line waits to be accepted and has a SKU, or is cancelled."""
    if order.state != ORDER_TO_ACCEPT:
        return False
    waiting = [line for line in order.lines if line.state != CANCELLED]
    return bool(waiting) and all(
        line.state == TO_ACCEPT and line.sku_key and line.quantity > 0
        for line in waiting
    )


def _excluded(
    rule: AcceptRule, order: PendingOrder, keys: set[str]
) -> LeftReason | None:
    if order.country is None or order.country in rule.countries:
        return LeftReason.COUNTRY_EXCLUDED
    if any(_matches(pattern, key) for pattern in rule.skus for key in keys):
        return LeftReason.SKU_EXCLUDED
    if rule.min_price is None and rule.max_price is None:
        return None
    if order.price is None or order.currency != rule.currency:
        return LeftReason.PRICE_EXCLUDED
    below = rule.min_price is not None and order.price < rule.min_price
    above = rule.max_price is not None and order.price > rule.max_price
    return LeftReason.PRICE_EXCLUDED if below or above else None


def _matches(pattern: str, key: str) -> bool:
    """Both are SKU keys; a pattern may end in `*`."""
    if pattern.endswith("*"):
        return key.startswith(pattern[:-1])
    return key == pattern


def _uncovered(
    rule: AcceptRule,
    keys: set[str],
    stock: Mapping[tuple[UUID, str], Stock],
    taken: Mapping[str, int],
    now: datetime,
) -> LeftReason | None:
    for key in keys:
        found = stock.get((rule.store_id, key))
        if found is None or taken[key] > found.units:
            return LeftReason.NO_STOCK
        if found.as_of is None or now - found.as_of > rule.max_stock_age:
            return LeftReason.STOCK_TOO_OLD
    return None


def deciding_rule(
    rules: Sequence[tuple[str, str, AcceptRule]], country: str | None
) -> AcceptRule | None:
    """The rule for an order of this country.

    `rules`: country and order scope of each store with one. That of the country's store
    comes first, then that of a store which shows all countries; of several, the first.
    """
    own = [rule for of, _, rule in rules if of == country]
    wide = [rule for _, scope, rule in rules if scope == "all_countries"]
    return next(iter([*own, *wide]), None)
