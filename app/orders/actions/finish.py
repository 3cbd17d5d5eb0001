"""How an action pauses or ends: what an error means for it, and who is told."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from app.accounts import service as accounts
from app.accounts.account_client import Tools, note_refused_token
from app.backmarket.client import Access
from app.backmarket.errors import (
    BackMarketError,
    NotConfiguredError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.core.failpoints import failpoint
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import ACCOUNT_JOB, THROTTLED
from app.orders.actions import submissions
from app.orders.actions.submissions import Call

log = structlog.get_logger(__name__)

WITHOUT_TOKEN = timedelta(minutes=5)
"""How often we try to look at an order while the token is refused."""


@dataclass(frozen=True, slots=True)
class Run:
    """One action in the hands of one worker."""

    tools: Tools
    lease: Lease
    action_id: UUID
    account_id: UUID
    number: int
    """Back Market's order id."""
    access: Access
    token_digest: str


async def open_calls(run: Run) -> list[Call]:
    async with run.tools.database.transaction() as tx:
        return await submissions.open_calls(tx.session, run.action_id)


async def finish(run: Run) -> None:
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        ended = await submissions.end(tx.session, run.action_id)
        failpoint("action.before_finish")
        await run.lease.finish(tx.session)
    # After the commit: a file too many is found by nobody, one too few by everybody.
    await asyncio.to_thread(run.tools.storage.remove_store, run.action_id)
    log.info("action.ended", state=ended)


async def wait(run: Run, pause: timedelta, code: str, reason: str | None) -> Snooze:
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.wait(tx.session, run.action_id, code, reason)
    return Snooze(pause)


async def after_error(run: Run, error: BackMarketError) -> Snooze | None:
    """What an error means for the action: wait and go on, or end it clearly."""
    log.warning("action.call_failed", code=error.code, status=error.status)
    match error:
        case TokenRefusedError() | PermissionRefusedError():
            told = await note_refused_token(
                run.tools, run.account_id, run.token_digest, error
            )
            if not told:
                return Snooze(timedelta(0))  # go on with the new token
            return await _refuse_rest(run, error)
        case NotConfiguredError():
            return await _refuse_rest(run, error)
        case _:
            return await _try_later(run, error)


async def _try_later(run: Run, error: BackMarketError) -> Snooze:
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        failures = await submissions.count_failure(tx.session, run.action_id)
        pause = ACCOUNT_JOB.pause(failures, error.retry_after)
        if isinstance(error, ThrottledError):
            pause = THROTTLED.pause(failures, error.retry_after)
            await accounts.pause(tx.session, run.account_id, pause)
    return await wait(run, pause, error.code, error.message)


async def _refuse_rest(run: Run, error: BackMarketError) -> Snooze | None:
    """End what surely was not done; what may have been done waits to be looked at."""
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.refuse_rest(
            tx.session, run.action_id, error.code, error.message
        )
    if await open_calls(run):
        return await wait(run, WITHOUT_TOKEN, error.code, error.message)
    await finish(run)
    return None


async def fail(
    tools: Tools,
    lease: Lease,
    code: str,
    reason: str | None,
    *,
    keep_job: bool = False,
) -> None:
    """End an action that refeed itself cannot go on with."""
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        await submissions.fail(tx.session, lease.subject_id, code, reason)
        if not keep_job:
            await lease.finish(tx.session)
