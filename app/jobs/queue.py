"""Sends wake-ups to the workers through arq: some job is due, whichever it is."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from arq.connections import ArqRedis, RedisSettings
from arq.utils import timestamp_ms
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

QUEUE_NAME = "refeed:wake"
RUN = "run"
WAKE_TIMEOUT = 2.0
"""Seconds that a caller waits for Redis before it continues without it."""
MOST_AT_ONCE = 16
"""Wake-ups for one transaction; a worker that found a job looks for more."""
ENOUGH = 500
"""Waiting wake-ups beyond which none is added: one of them finds the new job."""


def serialize(value: dict[str, Any]) -> bytes:
    """JSON, not pickle: write access to Redis must not execute code in a worker."""
    return json.dumps(value, default=repr).encode()


def deserialize(value: bytes) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(value)
    return loaded


def connect(redis_url: str) -> ArqRedis:
    """A lazy connection pool that survives a restart of Redis.

    A refused reconnect is an OSError.
    """
    settings = RedisSettings.from_dsn(redis_url)
    common: dict[str, Any] = {
        "db": settings.database,
        "socket_timeout": 5,
        "max_connections": 200,
        "retry": Retry(ExponentialBackoff(cap=1, base=0.05), 3),
        "retry_on_error": [ConnectionError, TimeoutError, OSError],
        "job_serializer": serialize,
        "job_deserializer": deserialize,
        "default_queue_name": QUEUE_NAME,
    }
    if settings.unix_socket_path:
        return ArqRedis(unix_socket_path=settings.unix_socket_path, **common)
    return ArqRedis(
        host=str(settings.host),
        port=settings.port,
        username=settings.username,
        password=settings.password,
        ssl=settings.ssl,
        socket_connect_timeout=1,
        **common,
    )


@dataclass(frozen=True, slots=True)
class Queue:
    """Wakes workers, best effort: their sweeps find jobs whose wake-up was lost."""

    redis: ArqRedis

    async def wake(self, count: int = 1, *, after: timedelta = timedelta(0)) -> bool:
        """Wake workers for so many due jobs. False: Redis did not accept it.

        A wake-up names no job: the worker claims the job whose turn it is.
        """
        try:
            async with asyncio.timeout(WAKE_TIMEOUT):
                if not after and await self._waiting() >= ENOUGH:
                    return True
                for _ in range(min(count, MOST_AT_ONCE)):
                    await self.redis.enqueue_job(RUN, _defer_by=after)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("queue.unreachable", error=type(error).__name__)
            return False
        return True

    async def _waiting(self) -> int:
        """How many wake-ups no worker has received yet."""
        now = timestamp_ms()
        return int(await self.redis.zcount(QUEUE_NAME, "-inf", now))

    async def is_up(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self.redis.ping())
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        await self.redis.aclose(close_connection_pool=True)
