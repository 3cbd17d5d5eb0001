"""Streams events as they happen; the key is checked while the stream is open."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi.sse import format_sse_event

from app.access import service as access
from app.access.service import Caller
from app.core.errors import UnauthenticatedError
from app.database import Database
from app.events.feed import Part, Place, Selection, is_of_the_past, place_in, present
from app.events.feed import read_after as read_part
from app.events.schemas import event_out
from app.web.event_stream import HEARTBEAT, LONGEST, Streams

AT_ONCE = 200
KEY_CHECK = 5.0
"""Seconds after which a revoked key has no stream."""


@dataclass(slots=True)
class EventFeed:
    """The events of a selection, from a place on, for one client."""

    database: Database
    caller: Caller
    selection: Selection
    place: Place

    async def read(self) -> Part:
        """The next events; moves on behind them."""
        async with self.database.transaction() as tx:
            part = await read_part(tx.session, self.place, self.selection, AT_ONCE)
        self.place = part.read_to
        return part

    async def is_allowed(self) -> bool:
        """Whether the key is still valid."""
        try:
            async with self.database.transaction() as tx:
                await access.caller_of(tx.session, self.caller.key_id)
        except UnauthenticatedError:
            return False
        return True


async def open_feed(
    database: Database, caller: Caller, selection: Selection, last_seen: str | None
) -> EventFeed:
    """A feed after the last event seen; from now on without one."""
    found = place_in(last_seen or "")
    async with database.transaction() as tx:
        if found is None or not await is_of_the_past(tx.session, found):
            found = await present(tx.session)
    return EventFeed(database, caller, selection, found)


async def pieces_of(streams: Streams, feed: EventFeed) -> AsyncIterator[bytes]:
    """The bytes of a stream, until it is ten minutes old or its key is revoked.

    An id without data comes first and with each heartbeat: a client that reconnects
    goes on after it, even if it got no event.
    """
    began = spoke = checked = streams.clock()
    yield _mark(feed.place)
    while not streams.closing.is_set() and streams.clock() - began < LONGEST:
        part = await feed.read()
        for event in part.events:
            shown = event_out(event.id, event.body).model_dump_json()
            yield format_sse_event(data_str=shown, id=str(event.place))
        now = streams.clock()
        if part.events:
            spoke = now
        elif now - spoke >= HEARTBEAT:
            yield _mark(feed.place)
            spoke = now
        if now - checked >= KEY_CHECK:
            if not await feed.is_allowed():
                return
            checked = now
        if not part.more:
            await streams.pause()


def _mark(place: Place) -> bytes:
    return format_sse_event(comment="still here", id=str(place))
