"""Creates and finds stores."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.columns import utc_now
from app.core.errors import NotFoundError
from app.settings import Settings
from app.stores.models import Store


async def create(
    session: AsyncSession, name: str, country: str, settings: Settings
) -> Store:
    store = Store(
        name=name,
        country=country,
        offers_interval_s=int(settings.offers_interval.total_seconds()),
    )
    session.add(store)
    await session.flush()
    return store


async def load_store(
    session: AsyncSession, caller: Caller, store_id: UUID, *, lock: bool = False
) -> Store:
    """Raises NotFoundError when the store does not exist or the caller may not see it.

    `lock`: lock the row, so that concurrent changes wait and none is lost.
    """
    caller.require_store(store_id)
    for_update = {"key_share": True} if lock else None
    store = await session.get(Store, store_id, with_for_update=for_update)
    if store is None:
        raise NotFoundError("Store not found.")
    return store


async def find(session: AsyncSession, store_id: UUID) -> Store | None:
    """The store, or None; for jobs, which act for every caller."""
    return await session.get(Store, store_id)


async def find_locked(session: AsyncSession, store_id: UUID) -> Store | None:
    """The store, locked against changes; None: it was deleted."""
    return await session.get(
        Store,
        store_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )


async def require(session: AsyncSession, store_id: UUID) -> Store:
    """The store of a row that refers to it. Raises NoResultFound."""
    return await session.get_one(Store, store_id)


async def tenant_of(session: AsyncSession, store_id: UUID) -> UUID:
    """For whom the jobs of a store are, which may have been deleted."""
    store = await find(session, store_id)
    return store.tenant_id if store else store_id


async def list_stores(
    session: AsyncSession, caller: Caller, after: UUID | None, limit: int
) -> Sequence[Store]:
    query = select(Store).order_by(col(Store.id)).limit(limit + 1)
    if caller.store_ids is not None:
        query = query.where(col(Store.id).in_(caller.store_ids))
    if after:
        query = query.where(col(Store.id) > after)
    return (await session.execute(query)).scalars().all()


async def find_all(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Store]:
    """The stores with these ids, for lists of what the caller may see."""
    found = await session.execute(select(Store).where(col(Store.id).in_(ids)))
    return {store.id: store for store in found.scalars()}


async def order_scopes(
    session: AsyncSession, caller: Caller, store_id: UUID | None = None
) -> Sequence[Any]:
    """Rows of id, account, country and order scope of the caller's connected stores."""
    query = select(Store.id, Store.account_id, Store.country, Store.order_scope).where(
        col(Store.account_id).is_not(None)
    )
    if caller.store_ids is not None:
        query = query.where(col(Store.id).in_(caller.store_ids))
    if store_id:
        query = query.where(Store.id == store_id)
    return (await session.execute(query)).all()


async def lock_shared(session: AsyncSession, store_id: UUID) -> None:
    """Keep the store from being deleted until the transaction ends."""
    lock = {"read": True, "key_share": True}
    await session.get(Store, store_id, with_for_update=lock)


async def of_account(session: AsyncSession, account_id: UUID) -> list[UUID]:
    """Ids of all stores of a seller account."""
    found = await session.execute(
        select(Store.id).where(Store.account_id == account_id)
    )
    return list(found.scalars())


async def siblings(session: AsyncSession, store: Store) -> list[UUID]:
    """Ids of the other stores of the same seller account."""
    found = await session.execute(
        select(Store.id).where(
            Store.account_id == store.account_id, Store.id != store.id
        )
    )
    return list(found.scalars())


async def note_listings_imported(session: AsyncSession, store_id: UUID) -> None:
    """All listings of the store's account were read."""
    store = await find(session, store_id)
    if store is not None:
        store.listings_imported_at = utc_now()
