"""Records events in the transaction of the change, and deletes old ones."""

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.payload import NewEvent, columns_of

_RECORD = text("SELECT refeed_record_events(CAST(:events AS jsonb))")
MOST_DELETED = 50_000
"""Per run of the retention, so that it never holds a transaction for long."""


async def record_events(
    session: AsyncSession, events: Sequence[NewEvent]
) -> list[UUID]:
    """Record what the transaction changes: one statement, however many events.

    The caller holds the rows of the subjects, so that their events are in order.
    Returns their ids.
    """
    if not events:
        return []
    rows = columns_of(events)
    await session.execute(_RECORD, {"events": json.dumps(rows)})
    return [UUID(row["id"]) for row in rows]


async def delete_old(session: AsyncSession, keep: timedelta) -> None:
    """Delete events after `keep`, with their deliveries."""
    await session.execute(
        text(
            "DELETE FROM event WHERE id IN (SELECT id FROM event "
            "WHERE occurred_at < now() - :keep ORDER BY occurred_at LIMIT :most)"
        ),
        {"keep": keep, "most": MOST_DELETED},
    )
