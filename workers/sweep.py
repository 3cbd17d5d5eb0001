"""Finds due work without a wake-up: requests it, and runs the jobs that are due."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

from app.alerts import scheduling as alerts
from app.core.columns import utc_now
from app.core.statements import load_statements
from app.database import AWAY, Transaction
from app.drift import scheduling as drift
from app.jobs import rows
from app.orders.sync import scheduling as orders
from app.publications import scheduling as publications
from app.publications.execution import late_tasks
from app.publications.results import earlier
from app.retention import INTERVAL as RETENTION_INTERVAL
from app.retention import delete_old_data
from app.settings import Settings
from app.sources import scheduling as sources
from app.stores.categories import scheduling as categories
from app.webhook_endpoints import scheduling as deliveries
from workers.context import WorkerContext
from workers.job_pool import JobPool

log = structlog.get_logger(__name__)

_DUE_WORK = load_statements(
    __package__,
    "sweep.sql",
    {
        "publications": publications.ANY_DUE,
        "late_tasks": earlier.ANY_LATE,
        "categories": categories.ANY_DUE,
        "orders": orders.ANY_DUE,
        "sources": sources.ANY_DUE,
        "drift": drift.ANY_DUE,
        "deliveries": deliveries.ANY_PENDING,
        "alerts": alerts.ANY_PENDING,
        "suspects": rows.ANY_SUSPECT,
    },
)["due_work"]
_Request = Callable[[Transaction, Settings], Awaitable[object]]
_REQUESTS: Mapping[str, _Request] = {
    "publications": lambda tx, _: publications.request_due(tx),
    "late_tasks": lambda tx, _: late_tasks.request_due(tx),
    "categories": lambda tx, of: categories.request_due(tx, of.categories_interval),
    "orders": orders.request_due,
    "sources": lambda tx, of: sources.request_due(tx, of.source_interval),
    "drift": drift.request_due,
    "deliveries": lambda tx, _: deliveries.request_due(tx),
    "alerts": alerts.request_due,
}


async def sweep(context: WorkerContext, pool: JobPool) -> None:
    """Request due work, and run due jobs of which no wake-up came."""
    pause = context.settings.sweep_interval.total_seconds()
    last_retention = time.monotonic()
    while pool.open:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.closing.wait(), pause)
            return
        try:
            has_suspects = await request_due_work(context)
            if time.monotonic() - last_retention > RETENTION_INTERVAL.total_seconds():
                await delete_old_data(
                    context.database, context.storage, context.settings
                )
                last_retention = time.monotonic()
            if has_suspects and not pool.runs_alone:
                await _find_suspect(context, pool)
        except AWAY as error:
            log.warning("sweep.database_away", error=type(error).__name__)
            continue
        pool.wake()


async def request_due_work(context: WorkerContext) -> bool:
    """Request what is due. Returns whether a job may have crashed its worker."""
    async with context.database.transaction() as tx:
        found = await tx.session.execute(_DUE_WORK, {"now": utc_now()})
        due = found.mappings().one()
        for name, request_due in _REQUESTS.items():
            if due[name]:
                await request_due(tx, context.settings)
    return bool(due["suspects"])


async def _find_suspect(context: WorkerContext, pool: JobPool) -> None:
    """Reserve a job that crashed its workers, and run it alone."""
    async with context.database.transaction() as tx:
        reserved = await rows.reserve_suspect(tx.session)
    if reserved:
        log.warning("job.suspect", job_id=str(reserved.id))
        pool.run_alone(reserved)
