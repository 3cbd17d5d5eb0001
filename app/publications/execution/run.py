"""Runs one publication: start, plan, send, record results, finish.

Each step commits what it did, so any worker can continue after a crash. States:
`requested` -> `planning` -> `sending` (or `waiting`) -> `finished`, `failed` or
`cancelled`.
"""

from datetime import timedelta

import structlog
from sqlalchemy.exc import IntegrityError

from app.accounts import service as accounts
from app.accounts.account_client import (
    AccountPausedError,
    AccountServices,
    record_refused_token,
)
from app.backmarket.errors import (
    BackMarketError,
    NotConfiguredError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.vault import SecretUnreadableError
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import PUBLICATION, THROTTLED
from app.publications.context import Run
from app.publications.enums import PublicationState, SubmissionState
from app.publications.execution import finish, make_plan, send, start
from app.publications.results import resolve, submissions, verify
from app.publications.results.submissions import OpenSubmission

log = structlog.get_logger(__name__)

ACCOUNT_BUSY = timedelta(seconds=2)


async def publish(tools: AccountServices, lease: Lease) -> Snooze | None:
    """Do as much of a publication as is possible now."""
    run = await _start(tools, lease)
    if not isinstance(run, Run):
        return run
    failpoint("publish.started")
    try:
        return await _carry_out(run)
    except AccountPausedError as error:
        return await finish.wait(run, error.pause, "throttled")
    except BackMarketError as error:
        return await _after_error(run, error)


async def _start(tools: AccountServices, lease: Lease) -> Run | Snooze | None:
    try:
        return await start.start(tools, lease)
    except IntegrityError:  # another run of the account started first
        return Snooze(ACCOUNT_BUSY, idle=True)
    except SecretUnreadableError as error:
        await finish.fail_unopened(tools, lease, "secret_unreadable", str(error))
        return None


async def _carry_out(run: Run) -> Snooze | None:
    planning = run.state is PublicationState.PLANNING
    if planning and not await make_plan.make_plan(run):
        return None
    if not await send.send_pending(run):
        await finish.stop(run, PublicationState.CANCELLED, "store_inactive")
        return None
    await resolve.record_open_results(run)
    return await _finish_or_wait(run)


async def _finish_or_wait(run: Run) -> Snooze | None:
    unsettled = await submissions.load_unsettled(run)
    if any(each.state is SubmissionState.PENDING for each in unsettled):
        return Snooze(timedelta(0))
    deadline = run.tools.settings.task_deadline
    waiting = [each for each in unsettled if not resolve.overdue(each, deadline)]
    if not waiting:
        await verify.verify_listings(run)
        await finish.finish(run)
        return None
    return Snooze(min(_pause_before(each) for each in waiting))


def _pause_before(submission: OpenSubmission) -> timedelta:
    """How long until something can be learned of a submission."""
    if submission.poll_at is None:
        return timedelta(0)
    return max(submission.poll_at - utc_now(), timedelta(0))


async def _after_error(run: Run, error: BackMarketError) -> Snooze | None:
    """Wait and retry, or end the run, depending on the error."""
    log.warning("publish.request_failed", code=error.code, status=error.status)
    match error:
        case TokenRefusedError() | PermissionRefusedError():
            if not await record_refused_token(
                run.tools, run.account_id, run.token_digest, error
            ):
                return Snooze(timedelta(0))  # retry with the new token
            await _fail(run, error)
            return None
        case NotConfiguredError():
            await _fail(run, error)
            return None
        case ThrottledError():
            failures = await finish.count_failure(run)
            pause = THROTTLED.pause(failures, error.retry_after)
            async with run.tools.database.transaction() as tx:
                await accounts.pause(tx.session, run.account_id, pause)
        case _:
            failures = await finish.count_failure(run)
            pause = PUBLICATION.pause(failures, error.retry_after)
    return await finish.wait(run, pause, error.code, error.message)


async def _fail(run: Run, error: BackMarketError) -> None:
    await finish.stop(run, PublicationState.FAILED, error.code, error.message)
