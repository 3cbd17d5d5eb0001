"""Polls tasks that outlive their runs, each by its own schedule.

A later run of the account resolves them when it plans. Without one (the store is not
active, nothing is due for hours) this job does, so that outcomes and live state follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import pacing
from app.accounts import service as accounts
from app.accounts.account_client import (
    AccountPausedError,
    AccountServices,
    open_access,
    record_refused_token,
)
from app.accounts.connection_health import REFUSED
from app.accounts.models import SellerAccount
from app.backmarket.client import Access
from app.backmarket.errors import (
    BackMarketError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.backmarket.markets import market_of
from app.core.advisory_locks import lock_name
from app.core.failpoints import failpoint
from app.core.vault import SecretUnreadableError
from app.database import Transaction
from app.jobs.frame import Job
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import THROTTLED, GiveUp
from app.offers import leaving
from app.publications import scheduling
from app.publications.context import StoreAccess
from app.publications.enums import Trigger
from app.publications.results import earlier
from app.publications.results.earlier import EarlierSubmission
from app.publications.results.resolve import is_due, postpone_poll
from app.stores import service as stores
from app.stores.leaving import that_may_sell
from app.stores.models import Store

AT_ONCE = 200
"""Accounts whose tasks are requested by one sweep."""

log = structlog.get_logger(__name__)


class AccountBusyError(Exception):
    """A run of the account is active: it resolves what is left over itself."""


class LateAccess(StoreAccess):
    """Records results only while no run of the account is active.

    A run that starts meanwhile plans with the live state that it found.
    """

    __slots__ = ()

    async def fence(self, session: AsyncSession) -> None:
        """Raises LeaseLostError, AccountBusyError."""
        await self.lease.ensure_held(session)
        await lock_name(session, f"run of {self.account_id}")
        if await earlier.has_active_run(session, self.account_id):
            raise AccountBusyError

    async def settled(self, tx: Transaction, publication_id: UUID, seq: int) -> None:
        """Request runs of the stores in which a result is not what is desired now."""
        found = await earlier.stores_to_correct(
            tx.session, self.account_id, publication_id, seq
        )
        for store_id in found:
            store = await stores.require(tx.session, store_id)
            if store.active:
                trigger = Trigger.FOLLOW_UP
                await scheduling.request(tx, store_id, self.account_id, trigger)
            elif await _to_zero(tx.session, store):
                await scheduling.request_departure(tx, store)


async def _to_zero(session: AsyncSession, store: Store) -> bool:
    """Whether a store that left with `zero` has a listing online again."""
    siblings = await stores.siblings(session, store)
    selling = await that_may_sell(session, siblings)
    return await leaving.any_to_zero(session, store.id, selling)


@dataclass(frozen=True, slots=True)
class LateTasks:
    """The account, and its submissions that are due."""

    access: Access
    token_digest: str
    stores: Sequence[UUID]
    due: Sequence[EarlierSubmission]


async def request_due(tx: Transaction) -> None:
    """Request the jobs of accounts with tasks that are due."""
    for account_id in await earlier.accounts_with_late_tasks(tx.session, AT_ONCE):
        await tx.enqueue(JobKind.RESOLVE_SUBMISSIONS, account_id, account_id)


class LateTasksJob(Job[LateTasks]):
    """Polls what is due once; the sweep requests the job when more is due."""

    name = "late_tasks"

    def __init__(self, services: AccountServices) -> None:
        self.services = services

    async def load(self, lease: Lease) -> LateTasks | Snooze | None:
        try:
            async with self.services.database.transaction() as tx:
                await lease.ensure_held(tx.session)
                account = await accounts.find(tx.session, lease.subject_id)
                if account is None or account.connection in REFUSED:
                    return None
                return await self._load(tx.session, lease, account)
        except SecretUnreadableError:
            log.warning("late_tasks.secret_unreadable")
            await self._postpone(lease)
            return None

    async def _load(
        self, session: AsyncSession, lease: Lease, account: SellerAccount
    ) -> LateTasks | Snooze | None:
        now = await accounts.database_now(session)
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        due = await _due(session, account.id)
        if not due:
            return None
        return LateTasks(
            access=open_access(self.services, lease, account),
            token_digest=account.token_digest,
            stores=await stores.of_account(session, account.id),
            due=due,
        )

    async def work(self, lease: Lease, loaded: LateTasks) -> Snooze | None:
        try:
            for each in loaded.due:
                access = self._access_of(lease, loaded, each)
                await earlier.resolve_late(access, each.submission)
                failpoint("late_tasks.resolved")
        except AccountBusyError:
            return None
        except AccountPausedError as error:
            return Snooze(error.pause)
        except BackMarketError as error:
            log.warning("late_tasks.request_failed", code=error.code)
            await self._after_error(lease, loaded, error)
        return None

    def _access_of(
        self, lease: Lease, loaded: LateTasks, each: EarlierSubmission
    ) -> LateAccess:
        market = market_of(each.country)
        return LateAccess(
            tools=self.services,
            lease=lease,
            store_id=each.store_id,
            account_id=lease.subject_id,
            siblings=loaded.stores,
            market=market,
            access=loaded.access,
        ).for_store(each.store_id, market)

    async def _after_error(
        self, lease: Lease, loaded: LateTasks, error: BackMarketError
    ) -> None:
        if isinstance(error, TokenRefusedError | PermissionRefusedError):
            await record_refused_token(
                self.services, lease.subject_id, loaded.token_digest, error
            )
        if isinstance(error, ThrottledError):
            pause = THROTTLED.pause(1, error.retry_after)
            async with self.services.database.transaction() as tx:
                await pacing.pause(tx.session, lease.subject_id, pause)
            return
        await self._postpone(lease)

    async def give_up(self, lease: Lease, _reason: GiveUp) -> None:
        """Nothing ends: the next poll of each task is later."""
        await self._postpone(lease)

    async def _postpone(self, lease: Lease) -> None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            first = self.services.settings.task_poll
            for each in await _due(tx.session, lease.subject_id):
                await postpone_poll(tx.session, each.submission, first)


async def _due(session: AsyncSession, account_id: UUID) -> list[EarlierSubmission]:
    found = await earlier.load_earlier(session, account_id)
    return [each for each in found if is_due(each.submission)]
