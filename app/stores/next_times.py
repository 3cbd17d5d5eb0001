"""Sets when a store's next publications and drift check are due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.core.columns import utc_now
from app.stores.models import Store
from app.stores.schedule import next_due


class NextTime(StrEnum):
    """A column of `store` with the next time of scheduled work."""

    OFFERS = "next_offers_at"
    PRODUCTS = "next_products_at"
    DRIFT_CHECK = "next_drift_check_at"


async def set_next_times(
    session: AsyncSession,
    column: NextTime,
    store_ids: Sequence[UUID],
    due: Sequence[datetime],
) -> None:
    """Set the next time of each store; both lists have the same order."""
    if not store_ids:
        return
    rows = (
        func.unnest(
            bindparam("ids", list(store_ids), ARRAY(Uuid)),
            bindparam("due", list(due), ARRAY(DateTime(timezone=True))),
        )
        .table_valued("id", "at", name="due")
        .render_derived()
    )
    await session.execute(
        update(Store)
        .values({column.value: rows.c.at})
        .where(col(Store.id) == rows.c.id)
        .execution_options(synchronize_session=False)
    )


async def bring_drift_check_forward(
    session: AsyncSession, store_ids: Sequence[UUID], after: timedelta
) -> None:
    """Make the next drift check of active stores due after this time at the latest.

    Best effort: a store that another transaction changes now keeps its time, so that a
    caller that holds other locks never waits here.
    """
    free = (
        select(col(Store.id))
        .where(col(Store.id).in_(store_ids), col(Store.active))
        .with_for_update(skip_locked=True, key_share=True)
    )
    column = col(Store.next_drift_check_at)
    await session.execute(
        update(Store)
        .values(next_drift_check_at=func.least(column, func.now() + after))
        .where(col(Store.id).in_(free.scalar_subquery()))
        .execution_options(synchronize_session=False)
    )


def schedule_next_runs(store: Store) -> None:
    """Schedule the next runs of an active store."""
    now = utc_now()
    offers = timedelta(seconds=store.offers_interval_s)
    products = timedelta(seconds=store.products_interval_s)
    store.next_offers_at = next_due(store.id, offers, now)
    store.next_products_at = next_due(store.id, products, now)
