"""Counts events in Redis for all processes; in this one while Redis is down."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

PREFIX = "refeed:count:"
TIMEOUT = 0.2
"""Seconds that a caller waits for Redis."""
PAUSE = 5.0
"""Seconds without Redis after it did not answer, so that few callers wait for it."""
SURELY_EXPIRES = 3
"""Events of a window that set its end: the response to the first may be lost."""


@dataclass(slots=True)
class LocalCounters:
    """Counts of the current window of this process."""

    window: int = -1
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, window: int) -> int:
        """Count one event; how many the window has now."""
        self._begin(window)
        self.counts[name] += 1
        return self.counts[name]

    def get(self, name: str, window: int) -> int:
        self._begin(window)
        return self.counts[name]

    def _begin(self, window: int) -> None:
        if window != self.window:
            self.window = window
            self.counts.clear()


@dataclass(slots=True)
class Counters:
    """Counts by name and window; the caller numbers its windows."""

    redis: ArqRedis
    clock: Callable[[], float] = time.monotonic
    local: LocalCounters = field(default_factory=LocalCounters)
    without_redis_until: float = 0.0

    async def add(self, name: str, window: int, seconds: int) -> int:
        """Count one event; how many the window has now. Never fails.

        `seconds`: how long the window lasts at most.
        """
        if self.clock() >= self.without_redis_until:
            try:
                async with asyncio.timeout(TIMEOUT):
                    return await self._add(f"{PREFIX}{name}:{window}", seconds)
            except (RedisError, OSError, TimeoutError) as error:
                self.without_redis_until = self.clock() + PAUSE
                log.warning("counters.redis_away", error=type(error).__name__)
        return self.local.add(name, window)

    async def _add(self, key: str, seconds: int) -> int:
        """One command, but for the first events of a window: a pipeline costs more."""
        count = int(await self.redis.incr(key))
        if count <= SURELY_EXPIRES:
            await self.redis.expire(key, seconds)
        return count
