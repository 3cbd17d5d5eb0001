"""Tests that wait for a result look when a job has ended, and seldom in between.

A request to the API takes several milliseconds of CPU, and a job of a busy machine as
long as twenty of them.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from app.jobs.rows import Claim
from workers.runner import Runner

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 0.2

_waiting: set[asyncio.Event] = set()


class ObservedRunner(Runner):
    """Wakes the tests of this process that wait, after each turn of a job."""

    async def work(self, claimed: Claim) -> None:
        try:
            await super().work(claimed)
        finally:
            for event in _waiting:
                event.set()


@dataclass(slots=True)
class Looks:
    """The times at which a test looks for its result."""

    event: asyncio.Event
    pause: float = FIRST_PAUSE

    async def next(self) -> None:
        """Wait until a job of this process has ended, or for a pause that grows."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.event.wait(), self.pause)
        self.event.clear()
        self.pause = min(2 * self.pause, LONGEST_PAUSE)


@contextlib.contextmanager
def looks() -> Iterator[Looks]:
    event = asyncio.Event()
    _waiting.add(event)
    try:
        yield Looks(event)
    finally:
        _waiting.discard(event)
