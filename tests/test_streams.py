"""Heartbeats and ends of event streams."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID, uuid4

import pytest
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import OperationalError

from app.core.errors import ProblemError
from app.web.event_stream import (
    HEARTBEAT,
    LONGEST,
    MAX_STREAMS,
    Mark,
    Progress,
    Streams,
    watch,
)

KEY, OTHER = uuid4(), uuid4()


@dataclass
class Still:
    """A resource that stays at its first version, until it is deleted."""

    looks: Iterator[int] = field(default_factory=count)
    gone_after: int = 10**9
    breaks_after: int = 10**9

    async def mark(self) -> Mark | None:
        look = next(self.looks)
        if look > self.breaks_after:
            raise OperationalError("SELECT", {}, Exception("away"))
        return None if look > self.gone_after else Mark(1, over=False)

    async def progress(self) -> Progress | None:
        return Progress(Mark(1, over=False), "{}")


def passing(step: float) -> Streams:
    """Each look at the clock finds it so many seconds later."""
    ticks = count()
    return Streams(clock=lambda: next(ticks) * step, poll_interval=0)


async def said(streams: Streams, watched: Still) -> list[bytes]:
    answer = await watch(streams, KEY, watched, None)
    assert isinstance(answer, StreamingResponse)
    return [bytes(piece) async for piece in answer.body_iterator]


async def test_an_idle_stream_sends_a_heartbeat_every_15_seconds():
    pieces = await said(passing(HEARTBEAT / 2), Still(gone_after=4))

    assert pieces[1].startswith(b"event: progress\n")
    assert pieces[2:] == [b": still here\n\n"] * len(pieces[2:])
    assert len(pieces) > 2


async def test_a_stream_ends_after_ten_minutes():
    pieces = await said(passing(LONGEST / 4), Still())

    assert pieces[0].startswith(b": refeed\n")
    assert not any(b"event: end" in piece for piece in pieces)


@pytest.mark.parametrize(
    "watched",
    [
        pytest.param(Still(gone_after=2), id="what is watched was deleted"),
        pytest.param(Still(breaks_after=2), id="PostgreSQL is away"),
    ],
)
async def test_a_failed_stream_ends_and_frees_its_slot(watched: Still):
    streams = passing(0.1)

    await said(streams, watched)

    assert not streams.open


@pytest.mark.parametrize(
    ("key", "open_streams", "refused"),
    [
        pytest.param(KEY, {KEY: 2}, (429, "too_many_streams"), id="of this key"),
        pytest.param(None, {None: 2}, (429, "too_many_streams"), id="of the admin"),
        pytest.param(KEY, {KEY: 1}, None, id="one less"),
        pytest.param(OTHER, {KEY: 2}, None, id="of another key"),
        pytest.param(OTHER, {KEY: MAX_STREAMS}, (503, "too_many_streams"), id="of all"),
    ],
)
async def test_the_streams_of_a_key_are_limited(
    key: UUID | None,
    open_streams: dict[UUID | None, int],
    refused: tuple[int, str] | None,
):
    streams = Streams(per_key=2, open=Counter(open_streams))
    found = None

    try:
        await watch(streams, key, Still(), None)
    except ProblemError as error:
        found = (error.status, error.code)

    assert found == refused


async def test_streams_that_come_at_once_are_limited_too():
    """Each was allowed before the first one of them started."""
    streams = Streams(per_key=2, poll_interval=0)
    answers = [await watch(streams, KEY, Still(), None) for _ in range(3)]
    begun = [aiter(each.body_iterator) for each in answers]  # type: ignore[attr-defined]

    first = [await anext(each, None) for each in begun]

    assert [each is not None for each in first] == [True, True, False]
    for each in begun:
        await each.aclose()
    assert not streams.open
