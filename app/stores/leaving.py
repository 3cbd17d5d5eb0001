"""Stores that left or are deleted: which ones may still sell, and deletion itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.accounts import service as accounts
from app.stores.models import Store
from app.stores.service import siblings


async def lock_account_of(session: AsyncSession, store_id: UUID) -> None:
    """Let stores of one account leave one after the other.

    Call it before the store is locked: a departure changes the sibling stores, and the
    last store takes the account with it.
    """
    statement = select(Store.account_id).where(Store.id == store_id)
    account_id = await session.scalar(statement)
    if account_id is not None:
        await accounts.lock_stores(session, account_id)


async def that_may_sell(session: AsyncSession, store_ids: Sequence[UUID]) -> list[UUID]:
    """Of these stores, those whose listings were not set to 0 when they left.

    The listings of any other inactive store may be online.
    """
    found = await session.execute(
        select(Store.id).where(
            col(Store.id).in_(store_ids),
            col(Store.departed_with).is_distinct_from("zero"),
        )
    )
    return list(found.scalars())


async def with_unknown_listings(
    session: AsyncSession, store_ids: Sequence[UUID]
) -> Sequence[Store]:
    """Of these stores, those whose live listings were never read."""
    found = await session.execute(
        select(Store)
        .where(col(Store.id).in_(store_ids), col(Store.listings_imported_at).is_(None))
        .order_by(col(Store.id))
    )
    return found.scalars().all()


async def delete(session: AsyncSession, store: Store) -> bool:
    """Delete a store with its data; True: with its seller account, as the last store.

    The account's token, orders and buyers' data are deleted with it.
    """
    account_id, others = store.account_id, await siblings(session, store)
    await session.delete(store)
    await session.flush()
    if account_id is None:
        return False
    if not others:
        await accounts.delete(session, account_id)
        return True
    await accounts.drop_leader(session, account_id, store.id)
    return False
