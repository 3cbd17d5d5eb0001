"""Records an event before the seller is late with an order, once per reason."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.statements import load_statements
from app.events.enums import EventType
from app.events.service import record_events
from app.orders.automation.inputs import StoreAutomations
from app.orders.due import ACCEPT_WITHIN
from app.orders.order_events import order_event

_SQL = load_statements(__package__, "reminders.sql")
Lead = tuple[str | None, timedelta | None, timedelta | None]


def leads_of(stores: Sequence[StoreAutomations]) -> list[Lead]:
    """Country and lead times, as `rules.deciding_rule` chooses. Pure.

    Those of a country come before those of a store that shows all countries (None).
    """
    leads: list[Lead] = []
    for store in stores:
        given = store.automations.remind
        if given is not None:
            times = given.before_acceptance, given.before_dispatch
            leads.append((store.country, *times))
            if store.order_scope == "all_countries":
                leads.append((None, *times))
    return leads


async def remind(
    session: AsyncSession, account_id: UUID, stores: Sequence[StoreAutomations]
) -> int:
    """One event for each order that will soon be due, and reason; returns how many."""
    leads = leads_of(stores)
    if not leads:
        return 0
    values = {
        "account": account_id,
        "now": utc_now(),
        "accept_within": ACCEPT_WITHIN,
        "countries": [country for country, _, _ in leads],
        "accept": [accept for _, accept, _ in leads],
        "dispatch": [dispatch for _, _, dispatch in leads],
    }
    rows = (await session.execute(_SQL["become_due_soon"], values)).all()
    events = [
        order_event(
            EventType.ORDER_DUE_SOON,
            account_id,
            row,
            {
                "due": row.reason,
                "late_at": row.late_at,
                "dispatch_by": row.dispatch_by,
            },
        )
        for row in rows
    ]
    await record_events(session, events)
    return len(events)
