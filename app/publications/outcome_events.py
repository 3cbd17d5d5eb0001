"""Records the events of publications: what they hold, and that they ended."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.publications.models import Publication


async def record_finished(session: AsyncSession, publication: Publication) -> None:
    """A publication ended: finished, failed or cancelled."""
    code = publication.reason_code
    data = {
        "kind": publication.kind,
        "trigger": publication.trigger,
        "state": publication.state,
        "reason": {"code": code, "message": publication.reason} if code else None,
        "outcomes": _by_outcome(publication.totals.get("outcomes", {})),
    }
    await _record(session, EventType.PUBLICATION_FINISHED, publication, data)


async def record_held(
    session: AsyncSession, publication: Publication, codes: Mapping[str, int]
) -> None:
    """A publication holds changes that were not held before; how many, by code."""
    path = f"/v1/stores/{publication.store_id}/holds"
    data = {"held": dict(codes), "holds_path": path}
    await _record(session, EventType.PUBLICATION_HELD, publication, data)


async def _record(
    session: AsyncSession,
    kind: EventType,
    publication: Publication,
    data: Mapping[str, Any],
) -> None:
    about = {
        "publication_id": str(publication.id),
        **data,
        "path": f"/v1/publications/{publication.id}",
    }
    store_id = publication.store_id
    event = NewEvent(kind, publication.id, about, store_id=store_id)
    await record_events(session, [event])


def _by_outcome(totals: Mapping[str, int]) -> dict[str, int]:
    """`{"new.accepted": 1, "modified.accepted": 2}` gives `{"accepted": 3}`."""
    counts: dict[str, int] = {}
    for key, number in totals.items():
        outcome = key.rpartition(".")[2]
        counts[outcome] = counts.get(outcome, 0) + number
    return counts
