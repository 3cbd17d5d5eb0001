"""Orders the uploads of a store: their ids grow with the order of their commits."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.catalogs.models import Catalog
from app.core.advisory_locks import lock_name
from app.core.columns import new_id


async def lock_uploads(session: AsyncSession, store_id: UUID) -> None:
    """Wait until no other transaction accepts an upload of the store."""
    await lock_name(session, f"uploads of {store_id}")


async def next_id(session: AsyncSession, store_id: UUID) -> UUID:
    """An id above those of all uploads of the store, whatever this clock says.

    The caller has `lock_uploads`: a later upload never gets a smaller id.
    """
    newest = await session.scalar(
        select(Catalog.id)
        .where(Catalog.store_id == store_id)
        .order_by(col(Catalog.id).desc())
        .limit(1)
    )
    return max(new_id(), UUID(int=newest.int + 1)) if newest else new_id()
