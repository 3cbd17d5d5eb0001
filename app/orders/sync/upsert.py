"""Upserts fetched orders; the one that was modified later wins."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, delete, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.backmarket.wire.orders import Order, OrderLine
from app.core.columns import new_id, utc_now
from app.core.vault import Vault
from app.offers.sales import Sale, record_sales, stores_that_offer
from app.offers.service import sku_key
from app.orders.buyers.addresses import without_buyer
from app.orders.buyers.erasure import erased_on_arrival
from app.orders.buyers.sealing import Addresses, seal_addresses
from app.orders.models import SalesOrder, SalesOrderLine
from app.orders.order_events import record_written
from app.orders.outcome import outcome_of
from app.orders.search.index import Searchable, index_orders
from app.stores.next_times import bring_drift_check_forward

CANCELLED = frozenset({4, 5})
"""States of lines that are not shipped after all (Back Market API, order states)."""
CHECK_AFTER_CANCELLATION = timedelta(minutes=30)
"""Many cancellations cause one check."""

_MERCHANTS = frozenset({"merchant_order_id", "invoice_number", "tags", "note"})
_KEPT = _MERCHANTS | {
    "id",
    "account_id",
    "marketplace_id",
    "created_at",
    "first_seen_at",
    "version",
    "erased_at",
}
_BUYERS = frozenset(
    {
        *("shipping_address", "billing_address", "sealed_addresses", "sealed_key"),
        *("email_digests", "tracking_number", "tracking_url", "other_fields", "digest"),
    }
)
"""Columns that stay empty once a buyer's data were erased."""
_SAME_NAMES = [
    "state",
    "country",
    "country_code",
    "paid_at",
    "shipped_at",
    "dispatch_by",
    "price",
    "shipping_price",
    "sales_taxes",
    "currency",
    "shipper",
    "tracking_number",
    "tracking_url",
    "other_fields",
    "digest",
]
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
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def store_orders(
    session: AsyncSession,
    vault: Vault,
    account_id: UUID,
    orders: Sequence[Order],
    connected_at: datetime | None = None,
) -> int:
    """Insert orders, or replace older ones; returns how many were written.

    `connected_at`: of the account, during its first sync (`order_events.py`).

    Of two versions from the same second the later fetched one wins. Erased data of a
    buyer do not come back.
    """
    newest = _once_each(orders)
    if not newest:
        return 0
    erased = await erased_on_arrival(session, vault, account_id, newest)
    fresh = insert(SalesOrder).values(
        [_row(vault, account_id, o, erased=o.id in erased) for o in newest]
    )
    given = fresh.excluded
    changes: dict[str, Any] = {
        name: _unless_erased(name, given)
        for name in SalesOrder.__table__.columns.keys()  # type: ignore[attr-defined]  # noqa: SIM118 - not a dict
        if name not in _KEPT
    }
    written = await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["account_id", "marketplace_id"],
            set_={**changes, "version": col(SalesOrder.version) + 1},
            where=or_(
                given.modified_at > col(SalesOrder.modified_at),
                and_(
                    given.modified_at == col(SalesOrder.modified_at),
                    given.digest != col(SalesOrder.digest),
                ),
            ),
        ).returning(
            col(SalesOrder.id),
            col(SalesOrder.marketplace_id),
            col(SalesOrder.merchant_order_id),
            col(SalesOrder.invoice_number),
            col(SalesOrder.tags),
            col(SalesOrder.country),
            col(SalesOrder.state),
            col(SalesOrder.outcome),
            col(SalesOrder.created_at),
            col(SalesOrder.modified_at),
            col(SalesOrder.version),
            col(SalesOrder.erased_at),
        )
    )
    rows = {row.marketplace_id: row for row in written}
    newest = [_as_stored(rows, order) for order in newest]
    ids = {number: row.id for number, row in rows.items()}
    await _replace_lines(session, account_id, ids, newest)
    stored = [(rows[order.id], order) for order in newest if order.id in rows]
    await index_orders(session, account_id, (_searchable(*each) for each in stored))
    await record_written(session, account_id, rows.values(), connected_at)
    return len(ids)


def _unless_erased(name: str, given: Any) -> Any:  # noqa: ANN401 - SQL expressions
    """The fetched value; the stored one if the row was erased since we looked."""
    if name not in _BUYERS:
        return given[name]
    as_fetched = or_(
        col(SalesOrder.erased_at).is_(None), given["erased_at"].is_not(None)
    )
    return case((as_fetched, given[name]), else_=getattr(SalesOrder, name))


def _as_stored(rows: Mapping[int, Any], order: Order) -> Order:
    """The order as its row has it: without the buyer once that was erased."""
    row = rows.get(order.id)
    return without_buyer(order) if row is not None and row.erased_at else order


def _searchable(row: Any, order: Order) -> Searchable:  # noqa: ANN401 - a row of it
    skus = [line.sku for line in order.lines]
    return Searchable(
        row.id,
        addresses=[order.shipping_address, order.billing_address],
        numbers=[str(order.id), order.tracking_number, *skus],
        merchant_order_id=row.merchant_order_id,
        invoice_number=row.invoice_number,
        tags=row.tags,
    )


def _once_each(orders: Iterable[Order]) -> list[Order]:
    """Deduplicate orders; sorted, so that two writers cannot deadlock."""
    newest: dict[int, Order] = {}
    for order in orders:
        known = newest.get(order.id)
        if known is None or _modified(order) >= _modified(known):
            newest[order.id] = order
    return [newest[number] for number in sorted(newest)]


def _modified(order: Order) -> datetime:
    """When the order last changed, by its latest time."""
    if order.modified_at:
        return order.modified_at
    times = [order.shipped_at, order.paid_at, order.created_at]
    return max((moment for moment in times if moment), default=_LONG_AGO)


def ordered_at(order: Order) -> datetime:
    """When the buyer ordered, as far as it is known."""
    return order.created_at or order.paid_at or utc_now()


def _latest(at: datetime) -> datetime:
    """The latest time that is meant: Back Market's times are whole seconds."""
    return min(at if at.microsecond else at + timedelta(seconds=1), utc_now())


def _row(
    vault: Vault, account_id: UUID, order: Order, *, erased: bool
) -> dict[str, Any]:
    if erased:
        order = without_buyer(order)
    whole = Addresses(order.shipping_address, order.billing_address)
    return {
        **asdict(seal_addresses(vault, account_id, order.id, whole)),
        "erased_at": utc_now() if erased else None,
        "id": new_id(),
        "account_id": account_id,
        "marketplace_id": order.id,
        "created_at": ordered_at(order),
        "modified_at": _modified(order),
        "read_at": func.clock_timestamp(),
        "missing_since": None,
        "has_invoice": bool(order.other_fields.get("date_bill_provided")),
        "outcome": outcome_of(order.state, [line.state for line in order.lines]),
        "version": 1,
        "first_seen_at": utc_now(),
        "changed_at": func.clock_timestamp(),
        **{name: getattr(order, name) for name in _SAME_NAMES},
    }


async def _replace_lines(
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
