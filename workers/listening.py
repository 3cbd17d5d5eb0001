"""Receives wake-ups from arq, reconnects to Redis, and stops without cancelling it."""

import asyncio
import contextlib
import os
from typing import Any, cast

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from app.jobs import queue
from app.settings import Settings
from workers.job_pool import JobPool

log = structlog.get_logger(__name__)

REDIS_PAUSE = 1.0
STOP_TIMEOUT = 12.0


class ClosedError(Exception):
    """The process stops: receive no further wake-ups."""


class Listener(Worker):
    """arq's worker, which stops only between two rounds of its loop.

    Cancelling it in the middle of a command leaks a connection.
    """

    jobs: JobPool

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Receive as many wake-ups as slots are free; other workers get the rest."""
        self.max_jobs = self.jobs.free
        if self.max_jobs:
            await super().start_jobs(job_ids)

    async def heart_beat(self) -> None:
        await super().heart_beat()
        if not self.jobs.open:
            raise ClosedError


async def listen(settings: Settings, jobs: JobPool) -> None:
    """Run due jobs when a wake-up comes, until the process closes."""
    assert settings.redis_url is not None  # noqa: S101 - the worker required it
    url = settings.redis_url.get_secret_value()
    while jobs.open:
        pool = queue.connect(url)
        listener = _listener(pool, jobs)
        listener.jobs = jobs
        try:
            await listener.async_run()
        except ClosedError:
            pass
        except (RedisError, OSError) as error:
            log.warning("worker.redis_away", error=type(error).__name__)
        await _finish_tasks(listener)
        with contextlib.suppress(RedisError, OSError):
            await pool.aclose(close_connection_pool=True)
        if jobs.open:
            await asyncio.sleep(REDIS_PAUSE)


def _listener(pool: ArqRedis, jobs: JobPool) -> Listener:
    async def woken(_context: dict[Any, Any], *_: object) -> None:
        jobs.wake()

    return Listener(
        functions=[func(cast("WorkerCoroutine", woken), name=queue.RUN, max_tries=1)],
        queue_name=queue.QUEUE_NAME,
        redis_pool=pool,
        handle_signals=False,
        max_jobs=jobs.slots.count,
        job_timeout=60,
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
