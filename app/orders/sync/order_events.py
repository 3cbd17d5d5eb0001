"""Records the events of orders: new, changed, or due for the seller.

They name no buyer. An order is due once per reason: `order_due_notice` remembers it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.statements import load_statements
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.orders.due import ACCEPT_WITHIN, DUE_SQL, DueReason
from app.orders.enums import order_state

NO_COUNTRY = ""
"""Of an order without one: only stores with orders of all countries see it."""

_SQL = load_statements(
    __package__,
    "order_events.sql",
    {str(reason): condition for reason, condition in DUE_SQL.items()},
)


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


async def record_written(
    session: AsyncSession, account_id: UUID, rows: Iterable[StoredOrder]
) -> None:
    """One event for each order that was written: version 1 is a new one."""
    events = [
        order_event(
            EventType.ORDER_CREATED if row.version == 1 else EventType.ORDER_UPDATED,
            account_id,
            row,
            {"version": row.version},
        )
        for row in rows
    ]
    await record_events(session, events)


async def record_due(session: AsyncSession, account_id: UUID) -> int:
    """One event for each order that became due, and reason; returns how many."""
    now = utc_now()
    values = {
        "account": account_id,
        "now": now,
        "accept_before": now - ACCEPT_WITHIN,
        "reasons": [str(reason) for reason in DueReason],
    }
    rows = (await session.execute(_SQL["become_due"], values)).all()
    events = [
        order_event(
            EventType.ORDER_DUE,
            account_id,
            row,
            {"due": row.reason, "dispatch_by": row.dispatch_by},
        )
        for row in rows
    ]
    await record_events(session, events)
    return len(events)


def order_event(
    kind: EventType,
    account_id: UUID,
    row: Any,  # noqa: ANN401 - a row
    more: dict[str, Any],
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
