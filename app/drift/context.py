"""What a walk through a store's listings works with, and how it pauses or ends."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.calling import REFUSED, Tools, open_access
from app.backmarket.client import Access
from app.backmarket.markets import market_of
from app.drift import requests
from app.drift.models import ConfirmPass
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.stores import service as stores
from app.stores.models import Store


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
        await lease.confirm(tx.session)
        store = await tx.session.get(Store, lease.subject_id)
        if store is None:
            await lease.finish(tx.session)
            return None
        state = await requests.note(tx.session, store.id)
        if store.account_id is None:
            await end(tx.session, store.id, "failed", "no_seller_account")
            await lease.finish(tx.session)
            return None
        account = await accounts.get(tx.session, store.account_id)
        if account.connection in REFUSED:
            await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
            await end(tx.session, store.id, "failed", "token_refused")
            await lease.finish(tx.session)
            return None
        now = await accounts.database_now(tx.session)
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        if state.page == 0:
            await _begin(tx.session, state, now)
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


async def _begin(session: AsyncSession, state: ConfirmPass, now: datetime) -> None:
    await session.execute(
        text("DELETE FROM listing_seen WHERE store_id = :id"), {"id": state.store_id}
    )
    state.page, state.listings = 1, 0
    state.started_at, state.walked_at, state.judged_key = now, None, None


async def end(
    session: AsyncSession,
    store_id: UUID,
    state: str,
    code: str | None = None,
    reason: str | None = None,
) -> None:
    """End for now; where a walk got to stays for the next time unless it is done."""
    await session.execute(
        text(
            "UPDATE confirm_pass SET state = :state, reason_code = :code, "
            "reason = :reason, failures = 0, finished_at = clock_timestamp() "
            "WHERE store_id = :id"
        ),
        {"id": store_id, "state": state, "code": code, "reason": reason},
    )


async def fail(
    tools: Tools,
    lease: Lease,
    code: str,
    reason: str | None,
    *,
    keep_job: bool = False,
) -> None:
    """End a walk that cannot go on."""
    async with tools.database.transaction() as tx:
        await lease.confirm(tx.session)
        await end(tx.session, lease.subject_id, "failed", code, reason)
        if not keep_job:
            await lease.finish(tx.session)


async def wait(
    walk: Walk, pause: timedelta, code: str, reason: str | None = None
) -> Snooze:
    """Say why the walk waits, and come back after a pause."""
    async with walk.tools.database.transaction() as tx:
        await walk.lease.confirm(tx.session)
        await tx.session.execute(
            text(
                "UPDATE confirm_pass SET state = 'waiting', reason_code = :code, "
                "reason = :reason WHERE store_id = :id"
            ),
            {"id": walk.store_id, "code": code, "reason": reason},
        )
    return Snooze(pause)


async def count_failure(walk: Walk) -> int:
    """How many calls in a row have failed, with this one."""
    async with walk.tools.database.transaction() as tx:
        await walk.lease.confirm(tx.session)
        failures: int = (
            await tx.session.execute(
                text(
                    "UPDATE confirm_pass SET failures = failures + 1 "
                    "WHERE store_id = :id RETURNING failures"
                ),
                {"id": walk.store_id},
            )
        ).scalar_one()
    return failures
