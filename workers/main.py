"""The worker process: runs woken jobs, and finds due jobs without a wake-up."""

import asyncio
import contextlib
import gc
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from app.backmarket.client import open_client
from app.core.file_storage import Storage
from app.core.logs import configure_logs
from app.core.vault import open_vault
from app.database import AWAY, open_database
from app.drift import scheduling as drift
from app.jobs import queue, rows
from app.orders.sync import scheduling as orders
from app.parser_process.pool import POOL
from app.publications.scheduling import request_due
from app.retention import INTERVAL as RETENTION_INTERVAL
from app.retention import delete_old_data
from app.settings import Settings, load_settings, require
from app.sources import scheduling as sources
from app.stores.categories import scheduling as categories
from workers.context import WorkerContext
from workers.listening import listen
from workers.registry import jobs_of
from workers.runner import Runner
from workers.slots import Slots

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.0
"""How long a stopping worker lets its jobs run before it releases them."""


@asynccontextmanager
async def open_context(
    settings: Settings,
) -> AsyncIterator[tuple[WorkerContext, queue.Queue]]:
    """Open what jobs need; close it in reverse."""
    require(settings, "database_url", "redis_url", "secret_key")
    assert settings.database_url is not None  # noqa: S101 - required just above
    assert settings.redis_url is not None  # noqa: S101 - required just above
    database_url = settings.database_url.get_secret_value()
    waker = queue.Queue(queue.connect(settings.redis_url.get_secret_value()))
    connections = settings.worker_slots + 4
    try:
        async with (
            open_client(settings) as back_market,
            open_database(database_url, waker, pool_size=connections) as database,
        ):
            context = WorkerContext(
                settings=settings,
                database=database,
                back_market=back_market,
                storage=Storage(settings.uploads),
                vault=open_vault(settings),
            )
            yield context, waker
    finally:
        with contextlib.suppress(RedisError, OSError):
            await waker.close()


@dataclass(slots=True)
class JobPool:
    """Runs jobs of this process, a limited number at a time."""

    runner: Runner
    slots: Slots
    running: set["asyncio.Task[None]"] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def open(self) -> bool:
        return not self.closing.is_set()

    async def run(self, job_id: UUID) -> None:
        """Run a job in a task of its own; return when it has ended."""
        if not self.open:
            return
        task = asyncio.create_task(self._run(job_id))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        await asyncio.wait({task})

    async def _run(self, job_id: UUID) -> None:
        async with self.slots.one():
            suspect = await self._attempt(job_id, alone=False)
        if suspect:
            async with self.slots.all():
                await self._attempt(job_id, alone=True)

    async def _attempt(self, job_id: UUID, *, alone: bool) -> bool:
        """Run the job; True: it is suspect and was not run because of others."""
        if not self.open:  # other workers claim what waited for a slot
            return False
        try:
            return await self.runner.run(job_id, alone=alone)
        except AWAY as error:  # the sweeper finds it again
            log.warning("job.database_away", error=type(error).__name__)
            return False

    async def stop(self) -> None:
        """Let jobs end for a while, then release those that still run."""
        self.closing.set()
        if self.running:
            await asyncio.wait(self.running, timeout=DRAIN_SECONDS)
        for task in self.running:
            task.cancel()
        if self.running:
            await asyncio.wait(self.running, timeout=2)


async def sweep(context: WorkerContext, pool: JobPool) -> None:
    """Request due work and wake due jobs; run them here if Redis is unreachable."""
    started: set[asyncio.Task[None]] = set()
    pause = context.settings.sweep_interval.total_seconds()
    last_retention = time.monotonic()
    while pool.open:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.closing.wait(), pause)
            return
        try:
            async with context.database.transaction() as tx:
                await request_due(tx)
                await categories.request_due(tx, context.settings.categories_interval)
                await orders.request_due(tx, context.settings)
                await sources.request_due(tx, context.settings.source_interval)
                await drift.request_due(tx, context.settings)
            if time.monotonic() - last_retention > RETENTION_INTERVAL.total_seconds():
                await delete_old_data(
                    context.database, context.storage, context.settings
                )
                last_retention = time.monotonic()
            async with context.database.transaction() as tx:
                due = await rows.due_jobs(tx.session)
        except AWAY as error:
            log.warning("sweep.database_away", error=type(error).__name__)
            continue
        if due and not await context.database.waker.wake(due):
            for job_id in due:
                task = asyncio.create_task(pool.run(job_id))
                started.add(task)
                task.add_done_callback(started.discard)


async def serve(settings: Settings) -> None:
    """Work until a signal asks to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_context(settings) as (context, _waker):
        runner = Runner(context.database, jobs_of(context), settings.job_lease)
        pool = JobPool(runner, Slots(settings.worker_slots))
        tasks = [
            asyncio.create_task(sweep(context, pool)),
            asyncio.create_task(listen(settings, pool.run, pool.closing)),
        ]
        # As in the API: long-lived objects are left out of each full collection.
        gc.collect()
        gc.freeze()
        log.info("worker.ready", pid=os.getpid())
        warming = asyncio.create_task(asyncio.to_thread(POOL.warm_up))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        await pool.stop()
        stopping.cancel()
        ended = await asyncio.gather(*tasks, warming, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception):
            raise result


def main() -> None:
    """Entry point of `refeed worker`."""
    settings = load_settings()
    configure_logs(settings)
    asyncio.run(serve(settings))
    # A cancelled import may still hold a thread; its writes are fenced by its lease.
    os._exit(0)


if __name__ == "__main__":
    main()
