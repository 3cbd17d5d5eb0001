"""Replaces the lines of stored orders, and records the units that they sold."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.backmarket.wire.orders import Order, OrderLine
from app.core.columns import utc_now
from app.offers.sales import Sale, record_sales, stores_that_offer
from app.offers.service import sku_key
from app.orders.models import SalesOrderLine
from app.stores.next_times import bring_drift_check_forward

CANCELLED = frozenset({4, 5})
"""States of lines that are not shipped after all (Back Market API, order states)."""
CHECK_AFTER_CANCELLATION = timedelta(minutes=30)
"""Many cancellations cause one check."""
_LINE_NAMES = [
    "state",
    "sku",
    "listing_id",
    "title",
    "product_id",
    "quantity",
    "price",
    "shipping_price",
    "sales_taxes",
    "fee",
    "currency",
    "imei",
    "serial_number",
    "return_reason",
    "return_message",
    "shipper",
    "condition",
    "brand",
]
PAYMENT_FAILED, NOT_PAID = 8, 7
"""States of an order and of a line that were never paid (section 7.2)."""


def ordered_at(order: Order) -> datetime:
    """When the buyer ordered, as far as it is known."""
    return order.created_at or order.paid_at or utc_now()


def _latest(at: datetime) -> datetime:
    """The latest time that is meant: Back Market's times are whole seconds."""
    return min(at if at.microsecond else at + timedelta(seconds=1), utc_now())


async def replace_lines(
    session: AsyncSession,
    account_id: UUID,
    ids: dict[int, UUID],
    orders: Sequence[Order],
) -> None:
    if not ids:
        return
    written = [order for order in orders if order.id in ids]
    deleted = await session.execute(
        delete(SalesOrderLine)
        .where(col(SalesOrderLine.order_id).in_(list(ids.values())))
        .returning(
            col(SalesOrderLine.order_id),
            col(SalesOrderLine.marketplace_id),
            col(SalesOrderLine.sku_key),
            col(SalesOrderLine.state),
        )
    )
    before = deleted.all()
    rows = [
        _line(ids[order.id], position, line)
        for order in written
        for position, line in enumerate(order.lines)
    ]
    if rows:
        await session.execute(insert(SalesOrderLine).values(rows))
    known = {(row.order_id, row.marketplace_id): row.state for row in before}
    changed = {row.sku_key for row in before if row.sku_key}
    sold = [sale for order in written for sale in _sales(order, ids[order.id], known)]
    await record_sales(session, account_id, sold, changed)
    cancelled = {key for order in written for key in _cancelled(order, ids, known)}
    stores = await stores_that_offer(session, account_id, cancelled)
    if stores:
        await bring_drift_check_forward(session, stores, CHECK_AFTER_CANCELLATION)


def _cancelled(
    order: Order, ids: Mapping[int, UUID], known: Mapping[tuple[UUID, int], int | None]
) -> Iterator[str]:
    """SKU keys of lines that were cancelled since they were read last.

    Back Market may have put their units back into the listing.
    """
    for line in order.lines:
        was_so = known.get((ids[order.id], line.id)) in CANCELLED
        if line.sku and line.state in CANCELLED and not was_so:
            yield sku_key(line.sku)


def _sales(
    order: Order, order_id: UUID, known: Collection[tuple[UUID, int]]
) -> Iterator[Sale]:
    """The lines that were not known before, unless they were never paid."""
    if order.state == PAYMENT_FAILED:
        return
    sold_at = _latest(ordered_at(order))
    for line in order.lines:
        is_new = (order_id, line.id) not in known and line.state != NOT_PAID
        if is_new and line.sku and line.quantity > 0:
            yield Sale(sku_key(line.sku), line.quantity, sold_at)


def _line(order_id: UUID, position: int, line: OrderLine) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "marketplace_id": line.id,
        "position": position,
        "sku_key": sku_key(line.sku) if line.sku else None,
        **{name: getattr(line, name) for name in _LINE_NAMES},
    }
