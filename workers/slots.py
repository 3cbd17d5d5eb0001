"""The slots of a worker: jobs run at the same time, or one of them alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """A number of jobs that run at the same time. Waiting jobs start in their order."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free = asyncio.Semaphore(count)
        self._one_alone = asyncio.Lock()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Run a job while others run."""
        async with self._free:
            yield

    @asynccontextmanager
    async def all(self) -> AsyncIterator[None]:
        """Run a job alone: wait until the running ones have ended, and start no other.

        Every job that waits for this holds no slot, so that they cannot block each
        other.
        """
        taken = 0
        async with self._one_alone:
            try:
                while taken < self.count:
                    await self._free.acquire()
                    taken += 1
                yield
            finally:
                for _ in range(taken):
                    self._free.release()
