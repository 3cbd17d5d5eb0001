"""Upserts fetched orders; the one that was modified later wins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.backmarket.wire.orders import Order
from app.core.columns import new_id, utc_now
from app.core.vault import Vault
from app.orders.buyers.addresses import without_buyer
from app.orders.buyers.erasure import erased_on_arrival
from app.orders.buyers.sealing import Addresses, seal_addresses
from app.orders.models import SalesOrder
from app.orders.order_events import record_written
from app.orders.outcome import outcome_of
from app.orders.search.index import Searchable, index_orders
from app.orders.sync.lines import ordered_at, replace_lines

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
_WRITTEN = (
    "id",
    "marketplace_id",
    "merchant_order_id",
    "invoice_number",
    "tags",
    "country",
    "state",
    "outcome",
    "created_at",
    "modified_at",
    "version",
    "erased_at",
)
"""Columns of written orders that the index of words and the events need."""
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
    rows = await _upsert(session, vault, account_id, newest)
    newest = [_as_stored(rows, order) for order in newest]
    ids = {number: row.id for number, row in rows.items()}
    await replace_lines(session, account_id, ids, newest)
    stored = [(rows[order.id], order) for order in newest if order.id in rows]
    await index_orders(session, account_id, (_searchable(*each) for each in stored))
    await record_written(session, account_id, rows.values(), connected_at)
    return len(ids)


async def _upsert(
    session: AsyncSession, vault: Vault, account_id: UUID, orders: Sequence[Order]
) -> dict[int, Any]:
    """The rows that were written, by Back Market's number of the order."""
    erased = await erased_on_arrival(session, vault, account_id, orders)
    fresh = insert(SalesOrder).values(
        [_row(vault, account_id, o, erased=o.id in erased) for o in orders]
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
        ).returning(*(getattr(SalesOrder, name) for name in _WRITTEN))
    )
    return {row.marketplace_id: row for row in written}


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
