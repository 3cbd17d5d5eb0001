"""Decides which keys may read a seller account and change what its stores share."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.accounts import service as accounts
from app.accounts.models import SellerAccount
from app.core.errors import ConflictError, ForbiddenError, NotFoundError
from app.stores.models import Store

_NO_STORE = UUID(int=0)


async def load_readable(
    session: AsyncSession, caller: Caller, account_id: UUID
) -> SellerAccount:
    """An account that the caller has a store of. Raises NotFoundError."""
    account = await accounts.get(session, account_id)
    if not any_seen(caller, await store_ids(session, account_id)):
        raise NotFoundError("Seller account not found.")
    return account


async def load_whole(
    session: AsyncSession, caller: Caller, account_id: UUID
) -> SellerAccount:
    """An account that the caller has every store of, locked with them.

    What its stores share needs such a key (HTTP contract, "what a key may widen").
    Raises NotFoundError, ForbiddenError.
    """
    account, stores = await lock_with_stores(session, caller, account_id)
    require_all(caller, [store.id for store in stores], "This")
    return account


async def lock_with_stores(
    session: AsyncSession, caller: Caller, account_id: UUID
) -> tuple[SellerAccount, Sequence[Store]]:
    """The account and its stores, locked: no store joins or leaves meanwhile.

    In the order in which settings are replaced: stores, then their account. Raises
    NotFoundError, and ConflictError if a store joined while the locks were awaited.
    """
    # Departures take this lock before that of their store.
    await accounts.lock_stores(session, account_id)
    locked = await _lock_stores(session, account_id)
    if not any_seen(caller, [store.id for store in locked]):
        raise NotFoundError("Seller account not found.")
    account = await accounts.lock(session, account_id)
    if await store_ids(session, account_id) != [store.id for store in locked]:
        raise ConflictError(
            "A store joined or left the seller account meanwhile; try again.",
            code="account_changed",
        )
    return account, locked


async def _lock_stores(session: AsyncSession, account_id: UUID) -> Sequence[Store]:
    found = await session.execute(
        select(Store)
        .where(Store.account_id == account_id)
        .order_by(col(Store.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.scalars().all()


async def store_ids(session: AsyncSession, account_id: UUID) -> list[UUID]:
    """The stores of an account, by id."""
    found = await session.execute(
        select(Store.id).where(Store.account_id == account_id).order_by(col(Store.id))
    )
    return list(found.scalars())


async def readable_accounts(
    session: AsyncSession, caller: Caller
) -> Collection[UUID] | None:
    """The accounts of the caller's stores; None: every account."""
    if caller.store_ids is None:
        return None
    found = await session.execute(
        select(Store.account_id).where(
            col(Store.id).in_(caller.store_ids), col(Store.account_id).is_not(None)
        )
    )
    return {account_id for account_id in found.scalars() if account_id}


async def whole_accounts(
    session: AsyncSession, caller: Caller
) -> Collection[UUID] | None:
    """The accounts of which the caller has every store; None: every account.

    Raises ForbiddenError without any.
    """
    if caller.store_ids is None:
        return None
    found = await session.execute(
        select(Store.account_id)
        .where(col(Store.account_id).is_not(None))
        .group_by(col(Store.account_id))
        .having(func.bool_and(col(Store.id).in_(caller.store_ids)))
    )
    whole = {account_id for account_id in found.scalars() if account_id}
    if not whole:
        require_all(caller, [_NO_STORE], "This")
    return whole


def any_seen(caller: Caller, stores: Collection[UUID]) -> bool:
    """Whether the caller may know of an account with these stores. Pure."""
    return caller.store_ids is None or not caller.store_ids.isdisjoint(stores)


def require_all(caller: Caller, stores: Collection[UUID], what: str) -> None:
    """Raise ForbiddenError unless the caller has each of the stores. Pure."""
    if not all(map(caller.sees, stores)):
        raise ForbiddenError(
            f"{what} needs a key for every store of the seller account.",
            code="account_wide",
            accepted="a key for every store of the account",
        )
