"""The catalogs that make up what a store wants: a full one and partial ones since."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.catalogs.models import Catalog
from app.stores.models import Store

_MOST_PARTIAL = 50


async def in_force(session: AsyncSession, store: Store) -> Sequence[Catalog]:
    """The newest first, the full one last; of the partial ones at most fifty."""
    partial = await session.execute(
        select(Catalog)
        .where(
            Catalog.store_id == store.id,
            Catalog.mode == "partial",
            Catalog.state == "ready",
            col(Catalog.id) > (store.current_catalog_id or UUID(int=0)),
        )
        .order_by(col(Catalog.id).desc())
        .limit(_MOST_PARTIAL)
    )
    found = list(partial.scalars())
    if store.current_catalog_id:
        full = await session.get(Catalog, store.current_catalog_id)
        found += [full] if full else []
    return found
