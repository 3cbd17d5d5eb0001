"""Reads and writes seller accounts: limits, shared stock, when their stores are due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.accounts.models import SellerAccount
from app.accounts.shared_stock import (
    ACCEPTED,
    LOWEST,
    SharedQuantity,
    shared_quantity_of,
)
from app.core.advisory_locks import lock_name
from app.core.errors import FieldError, InvalidError, NotFoundError
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one account: its own, or those of the settings."""

    lines_per_hour: int
    requests_per_10s: int


def limits_of(account: SellerAccount, settings: Settings) -> Limits:
    return Limits(
        account.lines_per_hour or settings.lines_per_hour,
        account.requests_per_10s or settings.requests_per_10s,
    )


async def get(session: AsyncSession, account_id: UUID) -> SellerAccount:
    """Raises NotFoundError."""
    account = await session.get(SellerAccount, account_id)
    if account is None:
        raise NotFoundError("Seller account not found.")
    return account


async def lock(session: AsyncSession, account_id: UUID) -> SellerAccount:
    """The account, locked against changes. Raises NotFoundError."""
    account = await session.get(
        SellerAccount,
        account_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    if account is None:
        raise NotFoundError("Seller account not found.")
    return account


async def find_all(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, SellerAccount]:
    """The accounts with these ids."""
    found = await session.execute(
        select(SellerAccount).where(col(SellerAccount.id).in_(ids))
    )
    return {account.id: account for account in found.scalars()}


async def find(session: AsyncSession, account_id: UUID) -> SellerAccount | None:
    """The account, or None."""
    return await session.get(SellerAccount, account_id)


async def connected(
    session: AsyncSession, platform: str, environment: str, limit: int
) -> Sequence[SellerAccount]:
    """Accounts with a store and no refused token; those that are not paused first."""
    found = await session.execute(
        select(SellerAccount)
        .where(
            SellerAccount.platform == platform,
            SellerAccount.environment == environment,
            col(SellerAccount.connection).in_(["ok", "unknown"]),
            text(
                "EXISTS (SELECT 1 FROM store_view WHERE account_id = seller_account.id)"
            ),
        )
        .order_by(
            text("greatest(paused_until, now())"),
            text("connection = 'ok' DESC"),
            col(SellerAccount.id),
        )
        .limit(limit)
    )
    return found.scalars().all()


async def list_accounts(
    session: AsyncSession,
    among: Collection[UUID] | None,
    after: UUID | None,
    limit: int,
) -> Sequence[SellerAccount]:
    """By id; `among`: only these, None: all."""
    query = select(SellerAccount).order_by(col(SellerAccount.id)).limit(limit + 1)
    if among is not None:
        query = query.where(col(SellerAccount.id).in_(among))
    if after:
        query = query.where(col(SellerAccount.id) > after)
    return (await session.execute(query)).scalars().all()


async def set_shared_quantity(
    session: AsyncSession, account: SellerAccount, policy: SharedQuantity
) -> None:
    """Set the policy of the shared stock and make the stores due for a run.

    Raises InvalidError when the policy names a store of another account.
    """
    if policy.leader and not await _has_store(session, account.id, policy.leader):
        message = "No store of this account has this id."
        wrong = FieldError("shared_quantity", "unknown_store", message, ACCEPTED)
        raise InvalidError(message, errors=[wrong])
    if account.shared_quantity != str(policy):
        account.shared_quantity = str(policy)
        await make_stores_due(session, account.id)


async def _has_store(session: AsyncSession, account_id: UUID, store_id: UUID) -> bool:
    found = await session.scalar(
        text("SELECT refeed_account_has_store(:account, :store)"),
        {"account": account_id, "store": store_id},
    )
    return bool(found)


async def drop_leader(session: AsyncSession, account_id: UUID, store_id: UUID) -> None:
    """Fall back to the minimum if the shared stock followed this store."""
    account = await get(session, account_id)
    if shared_quantity_of(account.shared_quantity).leader == store_id:
        await set_shared_quantity(session, account, LOWEST)


async def delete(session: AsyncSession, account_id: UUID) -> None:
    """Delete an account without stores: its token, its orders, its spent lines."""
    await session.execute(
        text("DELETE FROM seller_account WHERE id = :id"), {"id": account_id}
    )


async def lock_stores(session: AsyncSession, account_id: UUID) -> None:
    """Wait until no other transaction changes several stores of the account.

    Who holds one of these stores takes this lock before: else two transactions could
    wait for each other's store.
    """
    await lock_name(session, f"stores of {account_id}")


async def make_stores_due(session: AsyncSession, account_id: UUID) -> None:
    """Make each store of the account due for a run now."""
    await lock_stores(session, account_id)
    await session.execute(
        text("SELECT refeed_make_stores_due(:account)"),
        {"account": account_id},
    )


async def database_now(session: AsyncSession) -> datetime:
    """The database clock, used for budgets and schedules."""
    now: datetime = (await session.execute(text("SELECT now()"))).scalar_one()
    return now


async def set_orders_due(
    session: AsyncSession, account_ids: Sequence[UUID], due: Sequence[datetime]
) -> None:
    """Set when the orders of each account are fetched next; the lists correspond."""
    if not account_ids:
        return
    await session.execute(
        text(
            "UPDATE seller_account AS a SET orders_due_at = d.at FROM unnest("
            "CAST(:ids AS uuid[]), CAST(:due AS timestamptz[])) AS d (id, at) "
            "WHERE a.id = d.id"
        ),
        {"ids": list(account_ids), "due": list(due)},
    )
