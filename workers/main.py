"""The worker process: runs woken jobs, and those that its sweep finds."""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from redis.exceptions import RedisError

from app.backmarket.client import open_client
from app.core.file_storage import Storage
from app.core.vault import open_vault
from app.database import open_database
from app.jobs import queue
from app.jobs.kinds import JobKind
from app.metrics.event_loop import measured_loop
from app.metrics.recording import RECORDER
from app.metrics.sharing import share
from app.monitoring.listener import metrics_listener
from app.parser_process.pool import POOL
from app.settings import Settings, require
from app.starting import OF_A_WORKER, prepare_or_exit
from app.tracing.setup import traced
from workers.context import WorkerContext
from workers.job_pool import JobPool
from workers.listening import listen
from workers.registry import jobs_of
from workers.runner import Runner
from workers.slots import Slots
from workers.sweep import sweep

log = structlog.get_logger(__name__)


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


async def serve(settings: Settings) -> None:
    """Work until a signal asks to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    RECORDER.expect_jobs(JobKind)
    async with (
        measured_loop("worker"),
        metrics_listener(settings, lambda: None),
        open_context(settings) as (context, _waker),
    ):
        runner = Runner(context.database, jobs_of(context), settings.job_lease)
        pool = JobPool(runner, Slots(settings.worker_slots))
        tasks = [
            asyncio.create_task(sweep(context, pool)),
            asyncio.create_task(listen(settings, pool)),
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
    settings = prepare_or_exit(*OF_A_WORKER)
    share(settings.state_dir, "worker")
    with traced(settings, "worker"):
        asyncio.run(serve(settings))
    # A cancelled import may still hold a thread; its writes are fenced by its lease.
    os._exit(0)


if __name__ == "__main__":
    main()
