"""`/v1/events`: what happened, as pages and as a stream."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from app.access.dependencies import CurrentDatabase, StreamReader
from app.events import feed
from app.events.enums import EventType
from app.events.feed import Selection
from app.events.feed_stream import open_feed, pieces_of
from app.events.schemas import EventsPage, event_out
from app.web.event_stream import CurrentStreams, LastEventId, open_stream
from app.web.pagination import Limit

router = APIRouter(prefix="/v1/events", tags=["events"])

STREAM = "text/event-stream"


@router.get(
    "",
    summary="List or watch events",
    response_model=EventsPage,
    responses={200: {"content": {STREAM: {"schema": {"type": "string"}}}}},
)
async def list_events(
    caller: StreamReader,
    database: CurrentDatabase,
    streams: CurrentStreams,
    store_id: UUID | None = None,
    event: Annotated[
        list[EventType] | None, Query(max_length=20, description="types; repeatable")
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=100, description="`next` or `read_to` of a page")
    ] = None,
    limit: Limit = 100,
    accept: Annotated[
        str | None, Header(description="`text/event-stream`: a stream, as they happen")
    ] = None,
    last_event_id: LastEventId = None,
) -> Response | EventsPage:
    """What happened to the stores of the key, oldest first, for 30 days.

    As a stream: one message per event, from now on, or after `Last-Event-ID`. A stream
    ends after ten minutes; reconnect with the last id. An event appears when no older
    transaction runs, usually within a second.
    """
    selection = Selection.of(caller, store_id, event)
    if STREAM in (accept or ""):
        found = await open_feed(database, caller, selection, last_event_id)
        return open_stream(streams, caller.key_id, pieces_of(streams, found))
    async with database.transaction() as tx:
        place = await feed.checked_place(tx.session, cursor)
        part = await feed.read_after(tx.session, place, selection, limit)
    read_to = str(part.read_to)
    return EventsPage(
        items=[event_out(each.id, each.body) for each in part.events],
        next=read_to if part.more else None,
        read_to=read_to,
    )
