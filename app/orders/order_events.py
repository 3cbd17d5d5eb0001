"""Records the events of orders: new ones, and each change. They name no buyer."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import SellerAccount
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.orders.enums import order_state
from app.orders.outcome import OrderOutcome

NO_COUNTRY = ""
"""Of an order without one: only stores with orders of all countries see it."""


class ChangedBy(StrEnum):
    """Why an order has a new version."""

    BACK_MARKET = "back_market"
    MERCHANT = "merchant"
    ERASURE = "erasure"


class StoredOrder(Protocol):
    """The columns of an order that its events need."""

    @property
    def id(self) -> UUID: ...
    @property
    def marketplace_id(self) -> int: ...
    @property
    def country(self) -> str | None: ...
    @property
    def state(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def modified_at(self) -> datetime: ...
    @property
    def version(self) -> int: ...


class FetchedOrder(StoredOrder, Protocol):
    """An order that was written as it was fetched."""

    @property
    def created_at(self) -> datetime: ...


def connected_at(account: SellerAccount) -> datetime:
    """When the account was connected, as exact as times of Back Market are: orders and
    cases of that second are no history.
    """
    return account.created_at.replace(microsecond=0)


async def record_written(
    session: AsyncSession,
    account_id: UUID,
    rows: Iterable[FetchedOrder],
    connected_at: datetime | None = None,
) -> None:
    """One event for each order that was fetched and written: version 1 is a new one.

    `connected_at`: of the account, during its first sync. Orders from before it that
    have ended are history: a shop may have 50,000 of them, and they have no event.
    """
    events = [
        event
        for row in rows
        if (event := _written_event(account_id, row, connected_at)) is not None
    ]
    await record_events(session, events)


def _written_event(
    account_id: UUID, row: FetchedOrder, connected_at: datetime | None
) -> NewEvent | None:
    if row.version > 1:
        return changed_event(account_id, row, ChangedBy.BACK_MARKET)
    initial = connected_at is not None and row.created_at < connected_at
    if initial and row.outcome != OrderOutcome.OPEN:
        return None
    data = {"version": row.version, "initial": initial}
    return order_event(EventType.ORDER_CREATED, account_id, row, data)


def changed_event(
    account_id: UUID,
    row: StoredOrder,
    changed_by: ChangedBy,
    more: Mapping[str, Any] | None = None,
) -> NewEvent:
    """The event of an order's new version."""
    data = {"version": row.version, "changed_by": changed_by, **(more or {})}
    return order_event(EventType.ORDER_UPDATED, account_id, row, data)


def order_event(
    kind: EventType,
    account_id: UUID,
    row: Any,  # noqa: ANN401 - a row
    more: Mapping[str, Any],
) -> NewEvent:
    """An event of an order, with the data that all of them have and `more`."""
    data = {
        "order_id": str(row.id),
        "marketplace_id": row.marketplace_id,
        "country": row.country,
        "state": order_state(row.state),
        "state_code": row.state,
        "outcome": row.outcome,
        "modified_at": row.modified_at,
        **more,
        "path": f"/v1/orders/{row.id}",
    }
    country = row.country or NO_COUNTRY
    return NewEvent(kind, row.id, data, account_id=account_id, country=country)
