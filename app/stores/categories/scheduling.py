"""Enqueues category refreshes: for a new token, by schedule, after a token recovers."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.columns import new_id, utc_now
from app.core.sql import load_sql
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.jobs.retry import CATEGORIES
from app.stores.categories.models import CategorySnapshot
from app.stores.categories.service import SnapshotKey
from app.stores.schedule import next_due

DUE_AT_A_TIME = 100
ANY_DUE = load_sql(__package__, "scheduling.sql")["any_due"]
"""SQL: whether a refresh is due at `:now`."""


async def fetch_if_missing(tx: Transaction, name: SnapshotKey) -> None:
    """Fetch these categories now, unless they are stored without a failed refresh."""
    await tx.session.execute(
        insert(CategorySnapshot)
        .values(
            id=new_id(),
            platform=name.platform,
            environment=name.environment,
            locale=name.locale,
            next_at=utc_now() + CATEGORIES.pauses[-1],
            failures=0,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing()
    )
    needed = await tx.session.scalar(
        select(CategorySnapshot.id).where(
            CategorySnapshot.platform == name.platform,
            CategorySnapshot.environment == name.environment,
            CategorySnapshot.locale == name.locale,
            col(CategorySnapshot.fetched_at).is_(None)
            | col(CategorySnapshot.error_code).is_not(None),
        )
    )
    if needed:
        await tx.enqueue(JobKind.REFRESH_CATEGORIES, needed, needed)


async def request_for_account(tx: Transaction, account_id: UUID) -> None:
    """A token works again: fetch the categories that failed without it."""
    found = await tx.session.execute(
        text(
            "SELECT t.id FROM category_snapshot AS t JOIN seller_account_view AS a "
            "ON a.platform = t.platform AND a.environment = t.environment "
            "WHERE a.id = :id AND (t.fetched_at IS NULL OR t.error_code IS NOT NULL) "
            "ORDER BY t.id"
        ),
        {"id": account_id},
    )
    for snapshot_id in found.scalars().all():
        await tx.enqueue(JobKind.REFRESH_CATEGORIES, snapshot_id, snapshot_id)


async def request_due(tx: Transaction, interval: timedelta) -> int:
    """Enqueue the refreshes that are due; returns how many."""
    found = await tx.session.execute(
        select(CategorySnapshot)
        .where(col(CategorySnapshot.next_at) <= utc_now())
        .order_by(col(CategorySnapshot.next_at))
        .limit(DUE_AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    snapshots = found.scalars().all()
    for snapshot in snapshots:
        snapshot.next_at = next_due(snapshot.id, interval, utc_now())
        await tx.enqueue(JobKind.REFRESH_CATEGORIES, snapshot.id, snapshot.id)
    return len(snapshots)
