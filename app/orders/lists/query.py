"""What a list of orders shows, and the statements that read it."""

from dataclasses import dataclass

from app.core.columns import utc_now
from app.core.sql import compose, load_templates
from app.orders.lists.branches import Branches, covers_scopes, uncovered
from app.orders.lists.conditions import (
    Conditions,
    Filters,
    OrderSort,
    Scopes,
    conditions_of,
    scope_conditions,
)
from app.orders.models import SalesOrder


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


def other_conditions(query: OrderQuery, branches: Branches) -> Conditions:
    """The conditions that the branches and the range of the sort do not cover."""
    rest = conditions_of(uncovered(query.filters, branches, query.sort), utc_now())
    if covers_scopes(branches, query.scopes):
        return rest
    return rest + scope_conditions(query.scopes)


def compose_page(sort: OrderSort, name: str, **fragments: str) -> str:
    """The statement of this name, with the sort and these fragments."""
    direction = "DESC" if sort.descending else "ASC"
    common = {"at": sort.expression, "direction": direction}
    return compose(PAGE_SQL[name], {**common, **fragments})
