"""Records the events of orders that are due for the seller.

An order is due once per reason: `order_due_notice` remembers it.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.statements import load_statements
from app.events.enums import EventType
from app.events.service import record_events
from app.orders.due import ACCEPT_WITHIN, DUE_SQL, DueReason
from app.orders.order_events import order_event

_SQL = load_statements(
    __package__,
    "due_events.sql",
    {str(reason): condition for reason, condition in DUE_SQL.items()},
)


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
