"""The events of catalogs whose import ended. Parser processes import it quickly."""

from collections.abc import Mapping
from uuid import UUID

from app.events.enums import EventType
from app.events.payload import NewEvent


def ready_event(
    store_id: UUID, catalog_id: UUID, counts: Mapping[str, int]
) -> NewEvent:
    """An import that changed the offers, or found them as they were."""
    return _event(
        EventType.CATALOG_READY, store_id, catalog_id, {"counts": dict(counts)}
    )


def rejected_event(
    store_id: UUID, catalog_id: UUID, code: str, message: str | None
) -> NewEvent:
    """A catalog that changed no offers."""
    reason = {"reason": {"code": code, "message": message}}
    return _event(EventType.CATALOG_REJECTED, store_id, catalog_id, reason)


def _event(
    kind: EventType, store_id: UUID, catalog_id: UUID, more: Mapping[str, object]
) -> NewEvent:
    path = f"/v1/catalogs/{catalog_id}"
    data = {"catalog_id": str(catalog_id), **more, "path": path}
    return NewEvent(kind, catalog_id, data, store_id=store_id)
