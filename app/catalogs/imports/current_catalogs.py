"""Finds the current catalogs of a store: the full one and later partial ones."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import and_, col, select

from app.catalogs.lifecycle import CATALOG
from app.catalogs.models import Catalog
from app.stores.models import Store

MAX_PARTIAL = 50


def _since(store: Store) -> ColumnElement[bool]:
    return and_(
        col(Catalog.store_id) == store.id,
        col(Catalog.mode) == "partial",
        col(Catalog.state) == "ready",
        col(Catalog.id) > (store.current_catalog_id or UUID(int=0)),
    )


async def partial_since(session: AsyncSession, store: Store) -> bool:
    """Whether a partial catalog changed offers after the current full one."""
    found = await session.execute(select(Catalog.id).where(_since(store)).limit(1))
    return found.first() is not None


async def read_again(session: AsyncSession, store: Store) -> Catalog | None:
    """The first partial catalog that was imported with older settings.

    Marks the later ones for another import, since their values must win again.
    """
    rest = select(Catalog).where(_since(store), col(Catalog.storage_key) != "")
    old = rest.where(col(Catalog.config_version) != store.config_version)
    found = await session.execute(old.order_by(col(Catalog.id)).limit(1))
    first = found.scalar_one_or_none()
    if first is None:
        return None
    later = await session.execute(rest.where(col(Catalog.id) > first.id))
    for catalog in later.scalars():
        CATALOG.move(catalog, "importing")
    return first


async def catalogs_of(session: AsyncSession, store: Store) -> Sequence[Catalog]:
    """The current catalogs, newest first, the full one last; at most 50 partial."""
    partial = await session.execute(
        select(Catalog)
        .where(_since(store))
        .order_by(col(Catalog.id).desc())
        .limit(MAX_PARTIAL)
    )
    found = list(partial.scalars())
    if store.current_catalog_id:
        full = await session.get(Catalog, store.current_catalog_id)
        found += [full] if full else []
    return found
