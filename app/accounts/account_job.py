"""The frame of jobs that call Back Market for one seller account."""

from datetime import datetime, timedelta
from typing import ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import pacing
from app.accounts import service as accounts
from app.accounts.account_client import (
    AccountPausedError,
    AccountServices,
    TokenReplacedError,
    record_refused_token,
)
from app.accounts.connection_health import REFUSED
from app.accounts.models import SellerAccount
from app.backmarket.errors import (
    BackMarketError,
    NotConfiguredError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.core.lifecycle import Lifecycle
from app.core.vault import SecretUnreadableError
from app.database import Transaction
from app.jobs.frame import RetryingJob
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import ACCOUNT_JOB, THROTTLED, Backoff, Decision, GiveUp, TryAgain


class AccountRun(Protocol):
    """One execution of a job: the account, and the token that it uses."""

    @property
    def account_id(self) -> UUID: ...
    @property
    def token_digest(self) -> str: ...


class JobProgress(Protocol):
    """The row of a subject: its state, why it waits or failed, failures in a row."""

    state: str
    reason_code: str | None
    reason: str | None
    failures: int
    finished_at: datetime | None


Run = TypeVar("Run", bound=AccountRun)
Row = TypeVar("Row", bound=JobProgress)


LASTING = (TokenRefusedError, PermissionRefusedError, NotConfiguredError)
"""Errors that no retry resolves."""


def decide(error: Exception, failures: int, backoff: Backoff) -> Decision:
    """What follows the n-th error in a row of a call to Back Market. Pure."""
    match error:
        case AccountPausedError():
            return TryAgain(error.pause, "throttled", counts=False)
        case BackMarketError() if isinstance(error, LASTING):
            return GiveUp(error.code, error.message)
        case BackMarketError():
            throttled = isinstance(error, ThrottledError)
            schedule = THROTTLED if throttled else backoff
            return schedule.decide(
                failures, error.code, error.message, error.retry_after
            )
        case _:
            raise error


class AccountJob(RetryingJob[Run, Row], Generic[Run, Row]):
    """A job of a seller account: waits after transient errors, ends at others.

    Subclasses load and work; `row_type` is the table of their subjects.
    """

    errors = (AccountPausedError, BackMarketError)
    backoff: ClassVar[Backoff] = ACCOUNT_JOB
    lifecycle: ClassVar[Lifecycle]
    row_type: type[Row]

    def __init__(self, services: AccountServices) -> None:
        super().__init__(services.database)
        self.services = services

    async def run(self, lease: Lease) -> Snooze | None:
        try:
            return await super().run(lease)
        except SecretUnreadableError as error:
            await self.fail(lease, GiveUp("secret_unreadable", str(error)))
            return None

    def decide(self, _loaded: Run, error: Exception, failures: int) -> Decision:
        return decide(error, failures, self.backoff)

    async def after_error(
        self, lease: Lease, loaded: Run, error: Exception
    ) -> Snooze | None:
        if isinstance(error, TokenReplacedError):
            return Snooze(timedelta(0))
        if isinstance(error, TokenRefusedError | PermissionRefusedError):
            current = await record_refused_token(
                self.services, loaded.account_id, loaded.token_digest, error
            )
            if not current:  # another token was set meanwhile: continue with that one
                return Snooze(timedelta(0))
        if isinstance(error, LASTING):
            return await self.stop(lease, loaded, GiveUp(error.code, error.message))
        again = await super().after_error(lease, loaded, error)
        if again and isinstance(error, ThrottledError):
            async with self.services.database.transaction() as tx:
                await pacing.pause(tx.session, loaded.account_id, again.pause)
        return again

    async def stop(self, lease: Lease, _loaded: Run, reason: GiveUp) -> Snooze | None:
        """End the subject after an error that no retry resolves."""
        await self.fail(lease, reason)
        return None

    async def callable_account(
        self, tx: Transaction, lease: Lease
    ) -> SellerAccount | Snooze | None:
        """The account that is the job's subject, if it can be called now.

        None: the job is finished, since the account is gone or refuses its token.
        """
        account = await accounts.find(tx.session, lease.subject_id)
        if account is None:
            await lease.finish(tx.session)
            return None
        blocked = await self.not_callable(tx, lease, account)
        if blocked:
            return None if blocked is True else blocked
        return account

    async def not_callable(
        self, tx: Transaction, lease: Lease, account: SellerAccount
    ) -> Snooze | bool:
        """Whether the account cannot be called; True: the subject has failed.

        A refused token is checked again, so that the account can recover.
        """
        if account.connection in REFUSED:
            await tx.enqueue(JobKind.CHECK_CONNECTION, account.id, account.id)
            row = await self.lock(tx.session, lease, None)
            if row is not None:
                reason = GiveUp("token_refused", account.connection_detail)
                await self.record_failure(tx, row, reason)
            await lease.finish(tx.session)
            return True
        now = await accounts.database_now(tx.session)
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        return False

    async def lock(
        self, session: AsyncSession, lease: Lease, _loaded: Run | None
    ) -> Row | None:
        row: Row | None = await session.get(
            self.row_type,
            lease.subject_id,
            with_for_update=True,
            populate_existing=True,
        )
        return row

    def record_wait(self, row: Row, reason: TryAgain) -> None:
        self.lifecycle.move(row, "waiting")
        row.reason_code, row.reason = reason.code, reason.message

    async def record_failure(self, tx: Transaction, row: Row, reason: GiveUp) -> None:
        if row.state not in self.lifecycle.ends:
            await self.end(tx.session, row, "failed", reason)

    async def end(
        self,
        session: AsyncSession,
        row: Row,
        state: str,
        reason: GiveUp | None = None,
    ) -> None:
        """End the subject; a later request continues from its progress."""
        self.lifecycle.move(row, state)
        row.reason_code = reason.code if reason else None
        row.reason = reason.message if reason else None
        row.failures = 0
        row.finished_at = await accounts.database_now(session)
