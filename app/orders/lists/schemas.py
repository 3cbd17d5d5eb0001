"""API shapes of sums of orders."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from app.orders.enums import UNKNOWN, order_state
from app.orders.lists.totals import TotalsBy


class OrderTotal(BaseModel):
    """Orders of one group in one currency. Money of different ones is never added."""

    key: str | None = Field(
        description="the country, state, currency or day; null when unknown"
    )
    currency: str | None
    orders: int
    price: Decimal | None = Field(description="all lines, without shipping")
    shipping_price: Decimal | None
    sales_taxes: Decimal | None


class OrderTotals(BaseModel):
    """Sums of the orders that fit the filters, the largest key first."""

    by: TotalsBy
    items: list[OrderTotal]


def totals_out(by: TotalsBy, rows: Sequence[Any]) -> OrderTotals:
    items = [
        OrderTotal(
            key=_key(by, row.key),
            currency=row.currency,
            orders=row.orders,
            price=row.price,
            shipping_price=row.shipping_price,
            sales_taxes=row.sales_taxes,
        )
        for row in rows
    ]
    return OrderTotals(by=by, items=items)


def _key(by: TotalsBy, key: object) -> str | None:
    """A state without a word is its number, as the filter accepts it."""
    if by == TotalsBy.STATE and isinstance(key, int):
        word = order_state(key)
        return str(key) if word == UNKNOWN else word
    return None if key is None else str(key)
