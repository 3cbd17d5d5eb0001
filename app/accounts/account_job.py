"""The frame of jobs that call Back Market for one seller account."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import (
    REFUSED,
    AccountPausedError,
    AccountServices,
    record_refused_token,
)
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
from app.jobs.frame import GiveUp, Job
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import ACCOUNT_JOB, THROTTLED, Backoff

log = structlog.get_logger(__name__)


class AccountRun(Protocol):
    """One execution of a job: its lease, the account and the token that it uses."""

    @property
    def lease(self) -> Lease: ...
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


class AccountJob(Job[Run]):
    """A job of a seller account: waits after transient errors, ends at others.

    Subclasses load and work; `row_type` is the table of their subjects.
    """

    errors = (AccountPausedError, BackMarketError)
    backoff: ClassVar[Backoff] = ACCOUNT_JOB
    lifecycle: ClassVar[Lifecycle]
    row_type: ClassVar[type]

    def __init__(self, services: AccountServices) -> None:
        self.services = services

    async def run(self, lease: Lease) -> Snooze | None:
        try:
            return await super().run(lease)
        except SecretUnreadableError as error:
            await self.fail(lease, "secret_unreadable", str(error))
            return None

    @abstractmethod
    async def load(self, lease: Lease) -> Run | Snooze | None: ...

    async def after_error(self, run: Run, error: Exception) -> Snooze | None:
        """Wait and try again, or end the subject; None: it has ended."""
        match error:
            case AccountPausedError():
                return await self.wait(run, error.pause, "throttled")
            case TokenRefusedError() | PermissionRefusedError():
                self._log(error)
                current = await record_refused_token(
                    self.services, run.account_id, run.token_digest, error
                )
                # Another token was set meanwhile: continue with that one.
                return await self.stop(run, error) if current else Snooze(timedelta(0))
            case NotConfiguredError():
                self._log(error)
                return await self.stop(run, error)
            case BackMarketError():
                self._log(error)
                return await self._retry_later(run, error)
            case _:
                raise error

    def _log(self, error: BackMarketError) -> None:
        log.warning("job.request_failed", code=error.code, status=error.status)

    async def _retry_later(self, run: Run, error: BackMarketError) -> Snooze:
        async with self.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            failures = await self._count_failure(tx.session, run.lease.subject_id)
            pause = self.backoff.pause(failures, error.retry_after)
            if isinstance(error, ThrottledError):
                pause = THROTTLED.pause(failures, error.retry_after)
                await accounts.pause(tx.session, run.account_id, pause)
        return await self.wait(run, pause, error.code, error.message)

    async def wait(
        self, run: Run, pause: timedelta, code: str, message: str | None = None
    ) -> Snooze:
        """Record why the subject waits, and run again after the pause."""
        async with self.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            await self.record_wait(tx.session, run.lease.subject_id, code, message)
        return Snooze(pause)

    async def stop(self, run: Run, error: BackMarketError) -> Snooze | None:
        """End the subject after an error that no retry resolves."""
        await self.fail(run.lease, error.code, error.message)
        return None

    async def fail(self, lease: Lease, code: str, message: str | None) -> None:
        """End the subject as failed, and its job."""
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            await self.record_failure(tx, lease.subject_id, code, message)
            await lease.finish(tx.session)

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """End the subject as failed; the runner ends the job."""
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            await self.record_failure(tx, lease.subject_id, reason.code, reason.message)

    async def not_callable(
        self, tx: Transaction, lease: Lease, account: SellerAccount
    ) -> Snooze | bool:
        """Whether the account cannot be called; True: the subject has failed.

        A refused token is checked again, so that the account can recover.
        """
        if account.connection in REFUSED:
            await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
            detail = account.connection_detail
            await self.record_failure(tx, lease.subject_id, "token_refused", detail)
            await lease.finish(tx.session)
            return True
        now = await accounts.database_now(tx.session)
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        return False

    async def _count_failure(self, session: AsyncSession, subject_id: UUID) -> int:
        row = await self._row(session, subject_id)
        assert row is not None  # noqa: S101 - `load` found it
        row.failures += 1
        return row.failures

    async def record_wait(
        self, session: AsyncSession, subject_id: UUID, code: str, message: str | None
    ) -> None:
        row = await self._row(session, subject_id)
        if row is not None:
            self.lifecycle.move(row, "waiting")
            row.reason_code, row.reason = code, message

    async def record_failure(
        self, tx: Transaction, subject_id: UUID, code: str, message: str | None
    ) -> None:
        """A subject that has ended, or was deleted, stays as it is."""
        row = await self._row(tx.session, subject_id)
        if row is not None and row.state not in self.lifecycle.ends:
            await self.end(tx.session, row, "failed", code, message)

    async def end(
        self,
        session: AsyncSession,
        row: JobProgress,
        state: str,
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        """End the subject; a later request continues from its progress."""
        self.lifecycle.move(row, state)
        row.reason_code, row.reason, row.failures = code, message, 0
        row.finished_at = await accounts.database_now(session)

    async def _row(self, session: AsyncSession, subject_id: UUID) -> JobProgress | None:
        row: JobProgress | None = await session.get(
            self.row_type, subject_id, with_for_update=True, populate_existing=True
        )
        return row
