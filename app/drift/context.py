"""What a walk through a store's listings works with, and how it pauses or ends."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import Tools, open_access
from app.accounts.account_job import PassTable
from app.backmarket.client import Access
from app.backmarket.markets import market_of
from app.drift import scheduling
from app.drift.models import DriftCheck
from app.jobs.lease import Lease, Snooze
from app.stores import service as stores
from app.stores.models import Store

ROW = PassTable("drift_check", "store_id")


@dataclass(frozen=True, slots=True)
class Walk:
    """One look at all listings of a store's account, in the hands of one worker."""

    tools: Tools
    lease: Lease
    store_id: UUID
    siblings: list[UUID]
    account_id: UUID
    token_digest: str
    access: Access
    overwrite: bool
    started_at: datetime
    walked_at: datetime | None
    page: int

    @property
    def stores(self) -> list[UUID]:
        """All stores of the account: stock and listings are the same for them."""
        return [self.store_id, *self.siblings]


async def take_up(tools: Tools, lease: Lease) -> Walk | Snooze | None:
    """The walk to go on with, or a new one; None when there is nothing to walk through.

    Raises SecretUnreadableError.
    """
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        store = await tx.session.get(Store, lease.subject_id)
        if store is None:
            await lease.finish(tx.session)
            return None
        state = await scheduling.note(tx.session, store.id)
        if store.account_id is None:
            await ROW.end(tx.session, lease, "failed", "no_seller_account")
            await lease.finish(tx.session)
            return None
        account = await accounts.get(tx.session, store.account_id)
        begins = await ROW.may_begin(tx, lease, account)
        if begins is not True:
            return begins or None
        if state.page == 0:
            await _begin(tx.session, state, await accounts.database_now(tx.session))
        state.state = "running"
        assert state.started_at is not None  # noqa: S101 - it has begun
        access = open_access(tools, lease, account)
        return Walk(
            tools=tools,
            lease=lease,
            store_id=store.id,
            siblings=await stores.siblings(tx.session, store),
            account_id=account.id,
            token_digest=account.token_digest,
            access=replace(access, market=market_of(store.country)),
            overwrite=store.drift == "overwrite",
            started_at=state.started_at,
            walked_at=state.walked_at,
            page=state.page,
        )


async def _begin(session: AsyncSession, state: DriftCheck, now: datetime) -> None:
    await session.execute(
        text("DELETE FROM listing_snapshot WHERE store_id = :id"),
        {"id": state.store_id},
    )
    state.page, state.listings = 1, 0
    state.started_at, state.walked_at, state.judged_key = now, None, None
