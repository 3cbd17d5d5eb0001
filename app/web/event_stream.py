"""Streams progress as server-sent events; any API process can resume a stream.

A stream has no state: each event is the whole progress, and its id is the version of
the row. A client that reconnects with `Last-Event-ID` gets the next newer version.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol, cast
from uuid import UUID

import structlog
from fastapi import Depends, Header, Request, Response, status
from fastapi.sse import EventSourceResponse, format_sse_event
from sqlalchemy.exc import SQLAlchemyError

from app.core.errors import TooManyError, UnavailableError
from app.web.responses import Responses

log = structlog.get_logger(__name__)

POLL_INTERVAL = 0.5
HEARTBEAT = 15.0
LONGEST = 600.0
"""Seconds. A stream ends then; the client reconnects, and its key is checked again."""
MAX_STREAMS = 200
"""Per process: each stream reads its row twice a second."""
STREAMS_PER_KEY = 20
"""Per process and API key; `REFEED_STREAMS_PER_KEY`."""
COME_BACK_MS = 1000
ENDED = "-end"
EVENTS: Responses = {
    200: {
        "description": "`progress` events, then one `end` event.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The end event was delivered; do not reconnect."},
}

LastEventId = Annotated[
    str | None, Header(description="id of the last event seen, to go on after it")
]


@dataclass(frozen=True, slots=True)
class Mark:
    """A version that only increases, and whether it is the last one."""

    version: int
    over: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress as JSON, with its version."""

    mark: Mark
    data: str


class Watched(Protocol):
    """A resource with progress. Each call is a short transaction; None: deleted."""

    async def mark(self) -> Mark | None: ...

    async def progress(self) -> Progress | None: ...


@dataclass(slots=True)
class Streams:
    """The live streams of this process, by API key; None: the admin key."""

    per_key: int = STREAMS_PER_KEY
    open: Counter[UUID | None] = field(default_factory=Counter)
    clock: Callable[[], float] = time.monotonic
    poll_interval: float = POLL_INTERVAL
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def are_full(self) -> bool:
        return self.open.total() >= MAX_STREAMS

    def allow(self, key_id: UUID | None) -> bool:
        """Whether the key may have one stream more."""
        return self.open[key_id] < self.per_key

    def close(self) -> None:
        """End every stream at once, because the process stops."""
        self.closing.set()

    async def pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), self.poll_interval)


def streams_of(request: Request) -> Streams:
    return cast("Streams", request.state.streams)


CurrentStreams = Annotated[Streams, Depends(streams_of)]


async def watch(
    streams: Streams, key_id: UUID | None, watched: Watched, last_seen: str | None
) -> Response:
    """Return a stream, or 204 after the end event.

    Raises TooManyError for too many streams of the key, UnavailableError of all.
    """
    mark = await watched.mark()
    if mark and mark.over and last_seen == f"{mark.version}{ENDED}":
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    pieces = _until_over(streams, watched, _version_in(last_seen))
    return open_stream(streams, key_id, pieces)


def open_stream(
    streams: Streams, key_id: UUID | None, pieces: AsyncIterator[bytes]
) -> Response:
    """Return a stream of these events, counted as one of the key.

    Raises TooManyError for too many streams of the key, UnavailableError of all.
    """
    if not streams.allow(key_id):
        raise TooManyError(
            f"This key already has {streams.per_key} streams; close one, or poll with "
            "If-None-Match.",
            code="too_many_streams",
            headers={"Retry-After": "5"},
        )
    if streams.are_full:
        raise UnavailableError(
            f"This process already serves {MAX_STREAMS} streams; retry later, or poll "
            "with If-None-Match.",
            code="too_many_streams",
            headers={"Retry-After": "5"},
        )
    return EventSourceResponse(
        _events(streams, key_id, pieces),
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _version_in(last_seen: str | None) -> int | None:
    """The version in an event id; None for an unknown format."""
    number = (last_seen or "").removesuffix(ENDED)
    return int(number) if number.isascii() and number.isdigit() else None


async def _events(
    streams: Streams, key_id: UUID | None, pieces: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    if not streams.allow(key_id) or streams.are_full:
        return  # many came at once: the client reconnects, and is refused then
    streams.open[key_id] += 1
    try:
        yield format_sse_event(comment="refeed", retry=COME_BACK_MS)
        async for event in pieces:
            yield event
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        # The client reconnects with the last id and then gets an error response.
        log.warning("stream.interrupted", error=type(error).__name__)
    finally:
        streams.open[key_id] -= 1
        if not streams.open[key_id]:
            del streams.open[key_id]


async def _until_over(
    streams: Streams, watched: Watched, seen: int | None
) -> AsyncIterator[bytes]:
    began = spoke = streams.clock()
    while not streams.closing.is_set() and streams.clock() - began < LONGEST:
        mark = await watched.mark()
        if mark is None:
            return
        if mark.over or mark.version != seen:
            progress = await watched.progress()
            if progress is None:
                return
            if progress.mark.version != seen:
                yield _event("progress", progress)
            if progress.mark.over:
                yield _event("end", progress)
                return
            seen, spoke = progress.mark.version, streams.clock()
        elif streams.clock() - spoke >= HEARTBEAT:
            yield format_sse_event(comment="still here")
            spoke = streams.clock()
        await streams.pause()


def _event(name: str, progress: Progress) -> bytes:
    ending = ENDED if name == "end" else ""
    return format_sse_event(
        event=name, data_str=progress.data, id=f"{progress.mark.version}{ending}"
    )
