"""Stores orders: lookup by order or line id, filtered pages per seller."""

from collections import OrderedDict
from dataclasses import dataclass, field

from app.sandbox.markets import MARKETS
from app.sandbox.options import SandboxOptions
from app.sandbox.orders.order_model import Order, OrderLine

FIRST_ORDER = 70_000_001
FIRST_LINE = 80_000_001
CACHED_FILTERS = 16


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """The filters of the list (Back Market, orders, list): dates are lower bounds."""

    state: int | None = None
    country_code: str | None = None
    created_from: float | None = None
    modified_from: float | None = None

    def matches(self, order: Order, locale: str) -> bool:
        if self.state is not None and order.state != self.state:
            return False
        if self.country_code is not None and locale != self.country_code:
            return False
        if self.created_from is not None and order.date_creation < self.created_from:
            return False
        since = self.modified_from
        return since is None or order.date_modification >= since


@dataclass(slots=True)
class Orders:
    by_id: dict[int, Order] = field(default_factory=dict)
    by_line: dict[int, Order] = field(default_factory=dict)
    by_account: dict[str, list[Order]] = field(default_factory=dict)
    last_order: int = FIRST_ORDER - 1
    last_line: int = FIRST_LINE - 1
    version: int = 0
    filtered: OrderedDict[object, list[Order]] = field(default_factory=OrderedDict)
    # Orders with late moves.
    waiting: dict[int, Order] = field(default_factory=dict)

    def next_order(self) -> int:
        self.last_order += 1
        while self.last_order in self.by_id:
            self.last_order += 1
        return self.last_order

    def next_line(self) -> int:
        self.last_line += 1
        return self.last_line

    def add(self, order: Order) -> Order:
        self.by_id[order.order_id] = order
        self.by_line.update(dict.fromkeys((one.id for one in order.orderlines), order))
        self.by_account.setdefault(order.account_id, []).append(order)
        if order.late_moves:
            self.waiting[order.order_id] = order
        self.last_line = max(self.last_line, *(one.id for one in order.orderlines))
        self.version += 1
        return order

    def changed(self, order: Order, now: float) -> None:
        """Update the modification date after any change."""
        order.date_modification = now
        self.version += 1

    def of(self, account_id: str, order_id: int) -> Order | None:
        order = self.by_id.get(order_id)
        return order if order and order.account_id == account_id else None

    def line_of(self, account_id: str, line_id: int) -> tuple[Order, OrderLine] | None:
        order = self.by_line.get(line_id)
        if order is None or order.account_id != account_id:
            return None
        return order, order.line(line_id)

    def listed(
        self, account_id: str, chosen: OrderFilter, options: SandboxOptions
    ) -> list[Order]:
        """List oldest first, without the hidden states (Back Market, orders, list)."""
        hidden, by = options.hidden_order_states, options.orders_sorted_by
        key = (self.version, account_id, chosen, hidden, by)
        if (found := self.filtered.get(key)) is None:
            found = [
                order
                for order in self.by_account.get(account_id, ())
                if order.state not in hidden and chosen.matches(order, locale_of(order))
            ]
            found.sort(key=lambda order: sort_key(order, by))
            self.filtered[key] = found
            if len(self.filtered) > CACHED_FILTERS:
                self.filtered.popitem(last=False)
        return found


def locale_of(order: Order) -> str:
    return MARKETS[order.market].locale


def sort_key(order: Order, by: str) -> tuple[float, int]:
    moment = order.date_creation if by == "date_creation" else order.date_modification
    return (max(moment, order.surfaced), order.order_id)


def page_of(orders: list[Order], start: int, size: int) -> list[Order]:
    """Return a page: pages run newest to oldest, rows in a page oldest to newest.

    Back Market, general, pagination: observed in real responses.
    """
    end = len(orders) - start
    return orders[max(end - size, 0) : max(end, 0)]
