"""Decides which orders the seller is late with. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from app.orders.outcome import OrderOutcome

ACCEPT_WITHIN = timedelta(hours=24)
"""After the payment. Back Market publishes no time limit; late acceptance counts
against the seller (section 13.1)."""
_TO_ACCEPT, _TO_SHIP = 1, 3


class DueReason(StrEnum):
    """Why an order needs the seller's attention."""

    NOT_ACCEPTED = "not_accepted"
    """Paid for 24 hours, and a line is not accepted yet."""
    NOT_SHIPPED = "not_shipped"
    """Past its dispatch date, and a line is neither shipped nor cancelled."""


DUE_SQL: Mapping[DueReason, str] = {
    DueReason.NOT_ACCEPTED: (
        "o.state = 1 AND o.outcome = 'open'"
        " AND coalesce(o.paid_at, o.created_at) < :accept_before"
    ),
    DueReason.NOT_SHIPPED: (
        "o.state IN (1, 3) AND o.outcome = 'open' AND o.dispatch_by < :now"
    ),
}
"""The same rules as `due_reasons`, for an order `o`."""


def due_reasons(  # noqa: PLR0913 - the facts of an order
    state: int,
    outcome: str,
    *,
    paid_at: datetime | None,
    created_at: datetime,
    dispatch_by: datetime | None,
    now: datetime,
) -> list[DueReason]:
    """The reasons, at `now`; an order without open lines has none."""
    if state not in {_TO_ACCEPT, _TO_SHIP} or outcome != OrderOutcome.OPEN:
        return []
    reasons = []
    if state == _TO_ACCEPT and (paid_at or created_at) < now - ACCEPT_WITHIN:
        reasons.append(DueReason.NOT_ACCEPTED)
    if dispatch_by and dispatch_by < now:
        reasons.append(DueReason.NOT_SHIPPED)
    return reasons
