"""A pass over a seller account's pages: the row that tells of it, and its errors."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import REFUSED, Tools, note_refused_token
from app.accounts.models import SellerAccount
from app.backmarket.errors import (
    BackMarketError,
    NotConfiguredError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import ACCOUNT_JOB, THROTTLED

log = structlog.get_logger(__name__)


class Pass(Protocol):
    """One pass in the hands of one worker."""

    @property
    def tools(self) -> Tools: ...
    @property
    def lease(self) -> Lease: ...
    @property
    def account_id(self) -> UUID: ...
    @property
    def token_digest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PassTable:
    """Where passes of a kind say how they stand: a row for each subject of their jobs.

    The table has `state`, `reason_code`, `reason`, `failures` and `finished_at`.
    """

    name: str
    key: str

    async def may_begin(
        self, tx: Transaction, lease: Lease, account: SellerAccount
    ) -> Snooze | bool:
        """Whether the account can be called; False: the pass has ended, for now."""
        if account.connection in REFUSED:
            await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
            why = account.connection_detail
            await self.end(tx.session, lease, "failed", "token_refused", why)
            await lease.finish(tx.session)
            return False
        now = await accounts.database_now(tx.session)
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        return True

    async def end(
        self,
        session: AsyncSession,
        lease: Lease,
        state: str,
        code: str | None = None,
        reason: str | None = None,
    ) -> None:
        """End for now; how far a pass came stays for the next time."""
        await session.execute(
            self._update(
                "state = :state, reason_code = :code, reason = :reason, failures = 0, "
                "finished_at = clock_timestamp()"
            ),
            {"id": lease.subject_id, "state": state, "code": code, "reason": reason},
        )

    async def fail(
        self,
        tools: Tools,
        lease: Lease,
        code: str,
        reason: str | None,
        *,
        keep_job: bool = False,
    ) -> None:
        """End a pass that cannot go on."""
        async with tools.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            await self.end(tx.session, lease, "failed", code, reason)
            if not keep_job:
                await lease.finish(tx.session)

    async def wait(
        self, at: Pass, pause: timedelta, code: str, reason: str | None = None
    ) -> Snooze:
        """Say why the pass waits, and come back after a pause."""
        async with at.tools.database.transaction() as tx:
            await at.lease.ensure_held(tx.session)
            await tx.session.execute(
                self._update(
                    "state = 'waiting', reason_code = :code, reason = :reason"
                ),
                {"id": at.lease.subject_id, "code": code, "reason": reason},
            )
        return Snooze(pause)

    async def after_error(self, at: Pass, error: BackMarketError) -> Snooze | None:
        """What an error means for the pass: wait and go on, or end it clearly."""
        log.warning(
            "pass.call_failed", table=self.name, code=error.code, status=error.status
        )
        match error:
            case TokenRefusedError() | PermissionRefusedError():
                told = await note_refused_token(
                    at.tools, at.account_id, at.token_digest, error
                )
                if not told:
                    return Snooze(timedelta(0))  # go on with the new token
            case NotConfiguredError():
                pass
            case _:
                return await self._try_later(at, error)
        await self.fail(at.tools, at.lease, error.code, error.message)
        return None

    async def _try_later(self, at: Pass, error: BackMarketError) -> Snooze:
        async with at.tools.database.transaction() as tx:
            await at.lease.ensure_held(tx.session)
            failures: int = (
                await tx.session.execute(
                    self._update("failures = failures + 1", "RETURNING failures"),
                    {"id": at.lease.subject_id},
                )
            ).scalar_one()
            pause = ACCOUNT_JOB.pause(failures, error.retry_after)
            if isinstance(error, ThrottledError):
                pause = THROTTLED.pause(failures, error.retry_after)
                await accounts.pause(tx.session, at.account_id, pause)
        return await self.wait(at, pause, error.code, error.message)

    def _update(self, sets: str, more: str = "") -> TextClause:
        return text(
            f"UPDATE {self.name} SET {sets} WHERE {self.key} = :id {more}"  # noqa: S608 - names are ours
        )
