"""Resolves submissions: polls tasks, reads listings, and records the results."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.backmarket.errors import (
    BackMarketNotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
)
from app.backmarket.wire.task_matching import Matched, match_rows
from app.backmarket.wire.tasks import ListingRef, Refusal, TaskReport, TaskStatus
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.publications.context import Run
from app.publications.enums import READ_BACK, Method, Outcome, SubmissionState
from app.publications.lifecycle import pause_before_poll, wait_for_lost_task
from app.publications.results import readback, submissions
from app.publications.results.record import (
    ChangeResult,
    record_results,
    record_submission,
)
from app.publications.results.submissions import (
    LineKey,
    OpenSubmission,
    SubmissionLine,
)

log = structlog.get_logger(__name__)

OPEN = (Outcome.PLANNED, Outcome.UNCONFIRMED)
MAX_ATTEMPTS = 5
"""Attempts of a submission whose response is lost each time."""
MAX_MISSING_TO_READ = 60
MAX_PAGES_TO_READ = 400
"""Pages of listings that are read, some minutes at the usual pace, to find lines that a
report does not name; new listings are on the first pages."""
FORGET_TASK = timedelta(hours=24)
"""After this time a task that has not ended is not polled any more."""
POLLS_AT_ONCE = 2
"""While PostgreSQL stores the results of one batch, the next task is polled."""
POLL_TIMEOUT = 20.0
"""Seconds for one poll: a slow answer about a task does not delay the others."""


async def record_open_results(run: Run) -> None:
    """Resolve submissions without a response and poll the tasks of sent ones.

    Raises BackMarketError, AccountPausedError.
    """
    for submission in await submissions.load_unsettled(run):
        unanswered = {SubmissionState.SENDING, SubmissionState.UNCERTAIN}
        if submission.state in unanswered and is_due(submission):
            await resolve_unanswered(run, submission)
    unsettled = await submissions.load_unsettled(run)
    sent = [each for each in unsettled if each.state is SubmissionState.SENT]
    await _poll_all(run, [each for each in sent if is_due(each)])


def is_due(submission: OpenSubmission) -> bool:
    """Whether the task, or the listings of an unanswered one, are to be read now."""
    return submission.poll_at is None or submission.poll_at <= utc_now()


async def _poll_all(run: Run, due: Sequence[OpenSubmission]) -> None:
    """Poll each task, also after an error of another one; raises the first error."""
    limit = asyncio.Semaphore(POLLS_AT_ONCE)

    async def poll_one(submission: OpenSubmission) -> None:
        async with limit:
            await poll(run, submission)

    polls = [asyncio.create_task(poll_one(submission)) for submission in due]
    try:
        ended = await asyncio.gather(*polls, return_exceptions=True)
    finally:
        for each in polls:
            each.cancel()
    errors = [error for error in ended if isinstance(error, BaseException)]
    if errors:
        raise errors[0]


async def poll(run: Run, submission: OpenSubmission) -> bool:
    """Poll the task of a batch; True if it is settled.

    A task that Back Market no longer knows is resolved from the listings instead; one
    whose report is late or cannot be read is polled again until the run's deadline.
    Raises BackMarketError.
    """
    assert submission.task_id is not None  # noqa: S101 - a sent batch has one
    try:
        async with asyncio.timeout(POLL_TIMEOUT):
            report = await run.tools.back_market.task(run.access, submission.task_id)
    except BackMarketNotFoundError:
        await _mark_polled(run, submission, SubmissionState.UNCERTAIN)
        return False
    except (NotUnderstoodError, RequestRefusedError, TimeoutError) as error:
        log.warning("publish.task_unreadable", error=repr(error)[:300])
        await _mark_polled(run, submission, SubmissionState.SENT)
        return False
    if report.status is TaskStatus.PENDING:
        await _mark_polled(run, submission, SubmissionState.SENT)
        return False
    failpoint("publish.polled")
    matched = await asyncio.to_thread(_match_report, run, submission, report)
    looked_up = await _look_up(run, submission, matched)
    await record_submission(run, submission, matched.results + looked_up)
    failpoint("publish.settled")
    return True


async def _mark_polled(
    run: Run, submission: OpenSubmission, state: SubmissionState
) -> None:
    polls = submission.polls + 1
    due = utc_now() + pause_before_poll(polls, run.tools.settings.task_poll)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.set_state(
            tx.session, submission, state, polls=polls, poll_at=due
        )
        await submissions.reset_failures(tx.session, run.publication_id)


@dataclass(frozen=True, slots=True)
class _MatchedReport:
    """The results of a task report.

    `doubtful` are line numbers to look up in the listings; the lines that do not show
    there get the outcome `absent`, with its code and message.
    """

    results: list[ChangeResult]
    doubtful: list[int]
    absent: tuple[Outcome, str, str | None]


def _match_report(
    run: Run, submission: OpenSubmission, report: TaskReport
) -> _MatchedReport:
    """Match a task report to the lines that were sent; blocking, for a thread.

    A task that failed as a whole may have failed half-way: all its lines are doubtful.
    """
    marks = submissions.load_line_keys(
        run.tools.database, submission, run.store_id, OPEN
    )
    if report.status is TaskStatus.FAILED:
        failed = (Outcome.REJECTED, "task_failed", report.error)
        return _MatchedReport([], [mark.seq for mark in marks], failed)
    matched = match_rows(
        report,
        [mark.sku for mark in marks],
        [mark.ean for mark in marks],
        [mark.listing_id for mark in marks],
    )
    by_sku = {mark.sku: mark for mark in marks}
    unproven = _unproven(by_sku, matched)
    accepted = [
        _accepted(by_sku[sku].seq, ref)
        for sku, ref in matched.accepted.items()
        if sku not in unproven
    ]
    refused = [_refused(by_sku[sku], why) for sku, why in matched.refused.items()]
    doubtful = [by_sku[sku].seq for sku in (*matched.missing, *unproven)]
    absent = (Outcome.UNCONFIRMED, "not_in_result", None)
    return _MatchedReport(accepted + refused, doubtful, absent)


def _refused(mark: LineKey, why: Refusal) -> ChangeResult:
    code = "product_refused" if mark.describes else str(why.code)
    return ChangeResult(mark.seq, Outcome.REJECTED, code, why.message)


def _accepted(seq: int, ref: ListingRef) -> ChangeResult:
    return ChangeResult(
        seq,
        Outcome.ACCEPTED,
        listing_id=ref.listing_id,
        backmarket_id=ref.backmarket_id,
        publication_state=ref.publication_state,
    )


def _unproven(marks: Mapping[str, LineKey], matched: Matched) -> set[str]:
    """New listings that the report accepts without naming the listing.

    None if they are too many to look up one by one: the report is trusted.
    """
    found = {
        sku
        for sku, ref in matched.accepted.items()
        if ref.listing_id is None and marks[sku].creates
    }
    return found if len(found) <= MAX_MISSING_TO_READ else set()


async def _look_up(
    run: Run, submission: OpenSubmission, matched: _MatchedReport
) -> list[ChangeResult]:
    """Look up lines whose result the report does not say."""
    if not matched.doubtful:
        return []
    lines = await submissions.load_submission_lines(
        run, submission, OPEN, matched.doubtful
    )
    seen = await readback.read_listings(
        run.tools.back_market, run.access, lines, max_pages=MAX_PAGES_TO_READ
    )
    arrived, absent = readback.split_by_effect(lines, seen)
    return arrived + [ChangeResult(line.seq, *matched.absent) for line in absent]


def _unconfirmed(lines: Iterable[SubmissionLine], code: str) -> list[ChangeResult]:
    return [ChangeResult(line.seq, Outcome.UNCONFIRMED, code) for line in lines]


async def resolve_unanswered(run: Run, submission: OpenSubmission) -> None:
    """Resolve a submission whose response was lost, if its result can be known now.

    Lines that took effect are accepted. The others are sent again; those of a batch
    only after its task cannot be running any more.
    """
    lines = await submissions.load_submission_lines(run, submission, (Outcome.PLANNED,))
    seen = await readback.read_listings(run.tools.back_market, run.access, lines)
    accepted, absent = readback.split_by_effect(lines, seen)
    batch = submission.method is Method.BATCH
    if absent and batch and await _may_be_under_way(run, submission):
        await _mark_polled(run, submission, SubmissionState.UNCERTAIN)
        return
    retry = bool(absent) and submission.attempts < MAX_ATTEMPTS
    if not retry:
        accepted += _unconfirmed(absent, "no_answer")
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await record_results(
            tx.session, run.publication_id, run.store_id, run.siblings, accepted
        )
        if retry:
            await submissions.set_state(tx.session, submission, SubmissionState.PENDING)
        else:
            await submissions.settle(tx.session, submission)
    log.info("publish.read_back", accepted=len(lines) - len(absent), absent=len(absent))


async def _may_be_under_way(run: Run, submission: OpenSubmission) -> bool:
    async with run.tools.database.transaction() as tx:
        longest = await submissions.longest_task_duration(tx.session, run.account_id)
    since = utc_now() - (submission.sent_at or utc_now())
    return since < wait_for_lost_task(longest)


async def resolve_earlier(run: Run, submission: OpenSubmission) -> None:
    """Resolve a submission of an earlier run before anything is sent again.

    Its task is polled first, if that is due. While the task is pending, the listings
    show once which lines took effect; the others can be planned again. The submission
    stays open: if the task ends later after all, the live state follows it, and the
    next run corrects what the task overwrote.
    """
    sent = submission.state is SubmissionState.SENT
    may_still_end = sent and not overdue(submission, FORGET_TASK)
    if sent and is_due(submission) and await poll(run, submission):
        return
    if may_still_end and submission.reason_code == READ_BACK:
        return
    lines = await submissions.load_submission_lines(run, submission, OPEN)
    seen = await readback.read_listings(run.tools.back_market, run.access, lines)
    accepted, _ = readback.split_by_effect(lines, seen)
    state = SubmissionState.SENT if may_still_end else SubmissionState.SETTLED
    await record_submission(run, submission, accepted, state, reason_code=READ_BACK)


def overdue(submission: OpenSubmission, deadline: timedelta) -> bool:
    """Whether a submission was sent longer ago than a run waits for its task."""
    return submission.sent_at is not None and utc_now() - submission.sent_at > deadline
