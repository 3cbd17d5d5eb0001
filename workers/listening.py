"""Receives wake-ups from arq, reconnects to Redis, and stops without cancelling it."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from app.jobs import queue
from app.settings import Settings

log = structlog.get_logger(__name__)

REDIS_PAUSE = 1.0
STOP_TIMEOUT = 12.0

Run = Callable[[UUID], Awaitable[None]]


class ClosedError(Exception):
    """The process stops: receive no further wake-ups."""


class Listener(Worker):
    """arq's worker, which stops only between two rounds of its loop.

    Cancelling it in the middle of a command leaks a connection.
    """

    closing: asyncio.Event

    async def heart_beat(self) -> None:
        await super().heart_beat()
        if self.closing.is_set():
            raise ClosedError


async def listen(settings: Settings, run: Run, closing: asyncio.Event) -> None:
    """Run woken jobs until the process closes."""
    assert settings.redis_url is not None  # noqa: S101 - the worker required it
    url = settings.redis_url.get_secret_value()
    while not closing.is_set():
        pool = queue.connect(url)
        listener = _listener(settings, pool, run)
        listener.closing = closing
        try:
            await listener.async_run()
        except ClosedError:
            pass
        except (RedisError, OSError) as error:
            log.warning("worker.redis_away", error=type(error).__name__)
        await _finish_tasks(listener)
        with contextlib.suppress(RedisError, OSError):
            await pool.aclose(close_connection_pool=True)
        if not closing.is_set():
            await asyncio.sleep(REDIS_PAUSE)


def _listener(settings: Settings, pool: ArqRedis, run: Run) -> Listener:
    async def woken(_context: dict[Any, Any], job_id: str) -> None:
        await run(UUID(job_id))

    return Listener(
        functions=[func(cast("WorkerCoroutine", woken), name=queue.RUN, max_tries=1)],
        queue_name=queue.QUEUE_NAME,
        redis_pool=pool,
        handle_signals=False,
        max_jobs=settings.worker_slots * 4,
        job_timeout=24 * 3600,
        keep_result=0,
        poll_delay=0.1,
        queue_read_limit=2000,
        retry_jobs=False,
        max_tries=1,
        health_check_interval=5,
        health_check_key=f"refeed:health:{os.getpid()}",
        allow_abort_jobs=False,
        job_serializer=queue.serialize,
        job_deserializer=queue.deserialize,
    )


async def _finish_tasks(listener: Listener) -> None:
    """Wait until arq has recorded its wake-ups in Redis, then cancel the rest."""
    tasks = list(listener.tasks.values())
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_TIMEOUT)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
