"""Enqueues pulls: when a source is set, on demand, and by schedule."""

from datetime import timedelta

from sqlmodel import col, select

from app.core.columns import utc_now
from app.core.sql import load_sql
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.sources.lifecycle import SOURCE
from app.sources.models import CatalogSource
from app.sources.schemas import interval_of
from app.stores import service as stores
from app.stores.schedule import next_due

SCHEDULE_LIMIT = 200
ANY_DUE = load_sql(__package__, "scheduling.sql")["any_due"]
"""SQL: whether a source is due at `:now`."""


async def request(tx: Transaction, source: CatalogSource) -> None:
    """Enqueue a pull; during a running pull, one more follows."""
    source.requested_at = utc_now()
    if source.state == "idle":
        SOURCE.move(source, "requested")
    tenant_id = await stores.tenant_of(tx.session, source.store_id)
    await tx.enqueue(JobKind.PULL_CATALOG, source.id, tenant_id)


async def request_due(tx: Transaction, usual: timedelta) -> int:
    """Enqueue pulls of due sources; returns how many. `usual`: the default interval."""
    now = utc_now()
    found = await tx.session.execute(
        select(CatalogSource)
        .where(col(CatalogSource.next_pull_at) <= now)
        .order_by(col(CatalogSource.next_pull_at))
        .limit(SCHEDULE_LIMIT)
        .with_for_update(skip_locked=True)
    )
    sources = found.scalars().all()
    for source in sources:
        source.next_pull_at = next_due(source.id, interval_of(source, usual), now)
        await request(tx, source)
    return len(sources)
