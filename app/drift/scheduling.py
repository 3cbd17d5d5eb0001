"""Requests drift checks: by API, by schedule, after a large publication."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.errors import ConflictError, NotFoundError
from app.core.sql import load_sql
from app.core.statements import load_statements
from app.database import Transaction
from app.drift.models import DriftCheck
from app.drift.other_markets import scheduling as other_markets
from app.jobs.kinds import JobKind
from app.settings import Settings
from app.stores.models import Store
from app.stores.next_times import NextTime, set_next_times
from app.stores.schedule import next_due

SCHEDULE_LIMIT = 200

_SQL = load_statements(__package__, "scheduling.sql")
ANY_DUE = load_sql(__package__, "scheduling.sql")["any_due"]
"""SQL: whether a store may be due for a drift check."""


async def request(tx: Transaction, store_id: UUID, tenant_id: UUID) -> None:
    """Request a drift check; a check that runs now is followed by another one."""
    await tx.session.execute(_SQL["request"], {"store": store_id})
    await tx.enqueue(JobKind.DRIFT_CHECK, store_id, tenant_id)


async def request_by_api(tx: Transaction, store: Store) -> DriftCheck:
    """Request a drift check now. Raises ConflictError."""
    if store.account_id is None:
        raise ConflictError(
            "The store has no token yet: PUT /v1/stores/{id}/settings first.",
            code="no_seller_account",
        )
    await request(tx, store.id, store.tenant_id)
    return await progress_of(tx.session, store.id)


async def progress_of(session: AsyncSession, store_id: UUID) -> DriftCheck:
    """Raises NotFoundError before the first check."""
    found = await session.get(DriftCheck, store_id, populate_existing=True)
    if found is None:
        raise NotFoundError("The store has had no drift check yet.")
    return found


async def ensure_requested(session: AsyncSession, store_id: UUID) -> DriftCheck:
    """The store's check. A publication requests one by its job alone."""
    await session.execute(_SQL["ensure_requested"], {"store": store_id})
    return await progress_of(session, store_id)


async def request_due(tx: Transaction, settings: Settings) -> int:
    """Request checks of active stores that are due; returns how many stores were due.

    A store's first due time is a point in the interval that spreads the stores.
    """
    rows = (await tx.session.execute(_SQL["due"], {"limit": SCHEDULE_LIMIT})).all()
    now = utc_now()
    for row in rows:
        if row.next_drift_check_at is not None:
            await request(tx, row.id, row.account_id or row.id)
    interval = settings.drift_check_interval
    await other_markets.request_due(tx, [row.account_id for row in rows], interval)
    due = [next_due(row.id, interval, now) for row in rows]
    await set_next_times(
        tx.session, NextTime.DRIFT_CHECK, [row.id for row in rows], due
    )
    return len(rows)
