"""The advisory lock that every bulk writer of a store's offers takes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.offers.import_sql import store_lock_key

_LOCK = text(
    "SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"
)


async def lock_offers(session: AsyncSession, stores: Sequence[UUID]) -> None:
    """Wait until no other transaction writes offers of these stores in bulk.

    Locks are taken in one order, so that two transactions cannot block each other.
    """
    keys = sorted(store_lock_key(store_id) for store_id in stores)
    await session.execute(_LOCK, {"keys": keys})
