"""Makes the calls of a run: write the intent, submission, write the answer."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from itertools import zip_longest
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import line_budget
from app.accounts.account_client import AccountPausedError
from app.accounts.budget import lines_left, unreserved_lines
from app.backmarket.errors import (
    BackMarketError,
    BackMarketNotFoundError,
    BackMarketUnavailableError,
    Effect,
    NotUnderstoodError,
    RequestRefusedError,
)
from app.backmarket.wire.tasks import classify
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.publications.context import Run
from app.publications.enums import Method, Outcome, PublicationKind, SubmissionState
from app.publications.planning.statements import GROUP_SUBMISSIONS
from app.publications.results import readback, submissions
from app.publications.results.record import (
    ChangeResult,
    close_planned,
    record_submission,
)
from app.publications.results.submissions import OpenSubmission
from app.publications.scheduling import may_send
from app.stores import service as stores

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A submission that is marked as sending, and the lines reserved for it."""

    submission: OpenSubmission
    lines: int
    spend_id: UUID


class Batches:
    """Reads the lines of batches, and of the next batch while one is being sent."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._coming: dict[int, asyncio.Task[submissions.Batch]] = {}

    def read_ahead(self, submission: OpenSubmission | None) -> None:
        if submission and submission.method is Method.BATCH:
            self._coming[submission.seq] = asyncio.create_task(self._read(submission))

    async def of(self, submission: OpenSubmission, lines: int) -> submissions.Batch:
        """The lines of a batch; read again if fewer than were read ahead are left."""
        coming = self._coming.pop(submission.seq, None)
        if coming and (batch := await coming).frame.height == lines:
            return batch
        return await self._read(submission)

    async def aclose(self) -> None:
        """Cancel what was read ahead."""
        for coming in self._coming.values():
            coming.cancel()
        await asyncio.gather(*self._coming.values(), return_exceptions=True)

    async def _read(self, submission: OpenSubmission) -> submissions.Batch:
        run = self._run
        return await asyncio.to_thread(
            submissions.load_batch, run.tools.database, submission, run.market.currency
        )


async def send_pending(run: Run) -> bool:
    """Send the pending submissions; False if the run may not send any more.

    Raises BackMarketError, AccountPausedError.
    """
    unsettled = await submissions.load_unsettled(run)
    pending = [each for each in unsettled if each.state is SubmissionState.PENDING]
    async with aclosing(Batches(run)) as batches:
        for submission, following in zip_longest(pending, pending[1:]):
            if not await _may_send(run):
                return False
            await _send(run, submission, batches, following)
    return True


async def _may_send(run: Run) -> bool:
    async with run.tools.database.transaction() as tx:
        store = await stores.find(tx.session, run.store_id)
    return store is not None and may_send(store, run.trigger)


async def _send(
    run: Run,
    pending: OpenSubmission,
    batches: Batches,
    following: OpenSubmission | None,
) -> None:
    """Send one submission. Raises BackMarketError if the request failed.

    In each case the submission's state says what is known: `pending` (not processed),
    `uncertain` (may have been processed), `sent` (a task to poll) or `settled`.
    """
    reserved = await _reserve(run, pending)
    if reserved is None:
        return
    failpoint("publish.marked_sending")
    submission = reserved.submission
    try:
        if submission.method is Method.BATCH:
            batch = await batches.of(submission, reserved.lines)
            batches.read_ahead(following)
            await _send_batch(run, submission, batch)
        else:
            await _send_single(run, submission)
    except (RequestRefusedError, BackMarketNotFoundError) as error:
        await _record_refusal(run, submission, error)
    except (AccountPausedError, BackMarketError) as error:
        await _record_failure(run, reserved, error)
        raise


async def _reserve(run: Run, pending: OpenSubmission) -> Reserved | None:
    """Reserve the lines of a submission and mark it as sending; None: nothing to send.

    A submission without lines is settled; one beyond the line budget is deferred.
    """
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        lines = await submissions.supersede_changed(tx.session, pending, run.store_id)
        if not lines:
            await submissions.settle(tx.session, pending)
            return None
        if lines > await _remaining_lines(tx.session, run, pending):
            await _defer(tx.session, run, pending)
            return None
        spend_id = await line_budget.spend(tx.session, run.account_id, lines)
        sending = await submissions.set_state(
            tx.session,
            pending,
            SubmissionState.SENDING,
            lines=lines,
            attempts=pending.attempts + 1,
            sent_at=utc_now(),
            poll_at=None,
        )
    return Reserved(sending, lines, spend_id)


async def _defer(session: AsyncSession, run: Run, pending: OpenSubmission) -> None:
    await close_planned(
        session,
        run.publication_id,
        Outcome.DEFERRED,
        "line_budget",
        submission=pending.seq,
    )
    await submissions.settle(session, pending)


async def _remaining_lines(
    session: AsyncSession, run: Run, submission: OpenSubmission
) -> int:
    """Lines left for this submission; locks the account's budget until the commit."""
    await line_budget.lock_budget(session, run.account_id)
    used = await line_budget.lines_used(session, run.account_id)
    offers = run.kind is PublicationKind.OFFERS
    decreases_stock = offers and submission.seq < GROUP_SUBMISSIONS
    remaining = lines_left if decreases_stock else unreserved_lines
    return remaining(run.limits.lines_per_hour, used)


async def _send_batch(
    run: Run, submission: OpenSubmission, batch: submissions.Batch
) -> None:
    task_id = await run.tools.back_market.post_batch(
        run.access, batch.frame, batch.product
    )
    failpoint("publish.posted")
    log.info("publish.batch_sent", task_id=task_id, lines=batch.frame.height)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.set_state(
            tx.session, submission, SubmissionState.SENT, task_id=task_id, polls=0
        )
        await submissions.reset_failures(tx.session, run.publication_id)
    failpoint("publish.task_recorded")


async def _send_single(run: Run, submission: OpenSubmission) -> None:
    (line,) = await submissions.load_submission_lines(
        run, submission, (Outcome.PLANNED,)
    )
    if line.listing_id is None:
        raise BackMarketNotFoundError("The listing's id is not known.")
    fields = {k: v for k, v in line.after.items() if k != "shipping"}
    fields |= line.after.get("shipping") or {}
    listing = await run.tools.back_market.update_listing(
        run.access, line.listing_id, fields
    )
    failpoint("publish.posted")
    await record_submission(run, submission, [readback.accepted(line, listing)])


async def _record_refusal(
    run: Run,
    submission: OpenSubmission,
    error: RequestRefusedError | BackMarketNotFoundError,
) -> None:
    """Back Market refused the whole request: every line of it is rejected."""
    missing = submission.method is Method.SINGLE and isinstance(
        error, BackMarketNotFoundError
    )
    code = "listing_not_found" if missing else str(classify(error.message))
    lines = await submissions.load_submission_lines(run, submission, (Outcome.PLANNED,))
    results = [
        ChangeResult(line.seq, Outcome.REJECTED, code, error.message) for line in lines
    ]
    await record_submission(run, submission, results)


async def _record_failure(
    run: Run, reserved: Reserved, error: AccountPausedError | BackMarketError
) -> None:
    """Release a submission that was not processed, or mark it as uncertain."""
    unknown = (
        isinstance(error, BackMarketUnavailableError | NotUnderstoodError)
        and error.effect is Effect.UNKNOWN
    )
    submission = reserved.submission
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if unknown:
            await submissions.set_state(
                tx.session, submission, SubmissionState.UNCERTAIN
            )
            return
        await line_budget.unspend(tx.session, reserved.spend_id)
        await submissions.set_state(
            tx.session,
            submission,
            SubmissionState.PENDING,
            attempts=submission.attempts - 1,
        )
