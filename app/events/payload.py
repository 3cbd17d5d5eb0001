"""The content of events: what a webhook sends. Parser processes import it quickly."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app.events.enums import EventType


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record.

    Of a store, or of a seller account: that of the store if only this one is given.
    `data`: ids, states, counts and paths to read the rest, no data of buyers and no
    secrets. `country`: that of an order.
    """

    type: EventType
    subject_id: UUID
    data: Mapping[str, Any]
    store_id: UUID | None = None
    account_id: UUID | None = None
    country: str | None = None


def columns_of(
    events: Sequence[NewEvent], now: datetime | None = None
) -> list[dict[str, Any]]:
    """The rows to record, as JSON; `body` is sent as it is, in each attempt."""
    at = now or datetime.now(UTC)
    return [
        {
            "id": str(uuid7()),
            "type": str(each.type),
            "account_id": _text(each.account_id),
            "store_id": _text(each.store_id),
            "country": each.country,
            "subject_id": str(each.subject_id),
            "occurred_at": at.isoformat(),
            "body": body_of(each, at),
        }
        for each in events
    ]


def body_of(event: NewEvent, at: datetime) -> str:
    """The payload of Standard Webhooks: type, timestamp and data."""
    of = {"store_id": event.store_id, "seller_account_id": event.account_id}
    owner = {name: str(value) for name, value in of.items() if value}
    content = {
        "type": event.type,
        "timestamp": at,
        "data": {**owner, **event.data},
    }
    return json.dumps(
        content, ensure_ascii=False, separators=(",", ":"), default=_plain
    )


def _plain(value: object) -> str:
    """Times as RFC 3339 in UTC, as in answers of the API; ids as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
