"""Response schemas of events."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.events.enums import EventType


class EventOut(BaseModel):
    """What happened: the content of a webhook, with its id."""

    id: UUID = Field(description="the `webhook-id` of the same event")
    type: EventType
    timestamp: datetime
    data: dict[str, Any] = Field(
        description="ids, states, counts, and `path` to read the rest"
    )


class EventsPage(BaseModel):
    """Events, oldest first. `next` is null when none is left at the moment."""

    items: list[EventOut]
    next: str | None = Field(description="pass as `cursor`")
    read_to: str = Field(description="pass as `cursor` later, for what comes after it")


def event_out(event_id: UUID, body: str) -> EventOut:
    return EventOut.model_validate({"id": event_id, **json.loads(body)})
