"""Resolves submissions: polls tasks, reads listings, and records the results."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.errors import (
    BackMarketNotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
)
from app.backmarket.wire.listings import Listing
from app.backmarket.wire.task_matching import Matched, match_rows
from app.backmarket.wire.tasks import ListingRef, Refusal, TaskReport, TaskStatus
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.offers import service as offers
from app.offers.locks import lock_offers
from app.publications.context import Run, StoreAccess
from app.publications.enums import Method, Outcome, SubmissionState
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


async def poll(run: StoreAccess, submission: OpenSubmission) -> OpenSubmission:
    """Poll the task of a batch; returns the submission as it is then.

    A task that Back Market no longer knows is resolved from the listings instead; one
    whose report is late or cannot be read is polled again until the run's deadline.
    Raises BackMarketError.
    """
    assert submission.task_id is not None  # noqa: S101 - a sent batch has one
    try:
        async with asyncio.timeout(POLL_TIMEOUT):
            report = await run.tools.back_market.task(run.access, submission.task_id)
    except BackMarketNotFoundError:
        return await mark_polled(run, submission, SubmissionState.UNCERTAIN)
    except (NotUnderstoodError, RequestRefusedError, TimeoutError) as error:
        log.warning("publish.task_unreadable", error=repr(error)[:300])
        return await mark_polled(run, submission, SubmissionState.SENT)
    if report.status is TaskStatus.PENDING:
        return await mark_polled(run, submission, SubmissionState.SENT)
    failpoint("publish.polled")
    matched = await asyncio.to_thread(_match_report, run, submission, report)
    looked_up = await _look_up(run, submission, matched)
    await record_submission(run, submission, matched.results + looked_up)
    failpoint("publish.settled")
    return replace(submission, state=SubmissionState.SETTLED)


async def mark_polled(
    run: StoreAccess, submission: OpenSubmission, state: SubmissionState
) -> OpenSubmission:
    """Count a poll that did not end the task; the next one is later."""
    async with run.tools.database.transaction() as tx:
        await run.fence(tx.session)
        first = run.tools.settings.task_poll
        polled = await postpone_poll(tx.session, submission, first, state)
        await submissions.reset_failures(tx.session, run.active_run)
    return polled


async def postpone_poll(
    session: AsyncSession,
    submission: OpenSubmission,
    first: timedelta,
    state: SubmissionState | None = None,
) -> OpenSubmission:
    """Set when the task, or the listings of an unanswered request, are read next."""
    polls, now = submission.polls + 1, utc_now()
    age = now - (submission.sent_at or now)
    due = now + pause_before_poll(polls, first, age)
    return await submissions.set_state(
        session, submission, state or submission.state, polls=polls, poll_at=due
    )


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
    run: StoreAccess, submission: OpenSubmission, report: TaskReport
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
    run: StoreAccess, submission: OpenSubmission, matched: _MatchedReport
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
    await _record_spelling(run, lines, seen)
    arrived, absent = readback.split_by_effect(lines, seen)
    return arrived + [ChangeResult(line.seq, *matched.absent) for line in absent]


async def _record_spelling(
    run: StoreAccess, lines: Sequence[SubmissionLine], seen: Mapping[int, Listing]
) -> None:
    """Record SKUs that the listings spell otherwise; lines are sent under these."""
    skus = readback.other_spellings(lines, seen)
    if not skus:
        return
    async with run.tools.database.transaction() as tx:
        await run.fence(tx.session)
        await lock_offers(tx.session, run.stores)
        await offers.set_live_skus(tx.session, run.stores, skus)


def _unconfirmed(lines: Iterable[SubmissionLine], code: str) -> list[ChangeResult]:
    return [ChangeResult(line.seq, Outcome.UNCONFIRMED, code) for line in lines]


async def resolve_unanswered(run: Run, submission: OpenSubmission) -> None:
    """Resolve a submission whose response was lost, if its result can be known now.

    Lines that took effect are accepted. The others are sent again; those of a batch
    only after its task cannot be running any more.
    """
    lines = await submissions.load_submission_lines(run, submission, (Outcome.PLANNED,))
    seen = await readback.read_listings(run.tools.back_market, run.access, lines)
    await _record_spelling(run, lines, seen)
    accepted, absent = readback.split_by_effect(lines, seen)
    batch = submission.method is Method.BATCH
    if absent and batch and await may_be_processing(run, submission):
        await mark_polled(run, submission, SubmissionState.UNCERTAIN)
        return
    retry = bool(absent) and submission.attempts < MAX_ATTEMPTS
    if not retry:
        accepted += _unconfirmed(absent, "no_answer")
    async with run.tools.database.transaction() as tx:
        await run.fence(tx.session)
        if retry:
            await submissions.set_state(tx.session, submission, SubmissionState.PENDING)
        else:
            await submissions.settle(tx.session, submission)
        await record_results(
            tx.session, run.publication_id, run.store_id, run.siblings, accepted
        )
    log.info("publish.read_back", accepted=len(lines) - len(absent), absent=len(absent))


async def may_be_processing(run: StoreAccess, submission: OpenSubmission) -> bool:
    async with run.tools.database.transaction() as tx:
        longest = await submissions.longest_task_duration(tx.session, run.account_id)
    since = utc_now() - (submission.sent_at or utc_now())
    return since < wait_for_lost_task(longest)


def overdue(submission: OpenSubmission, deadline: timedelta) -> bool:
    """Whether a submission was sent longer ago than a run waits for its task."""
    return submission.sent_at is not None and utc_now() - submission.sent_at > deadline
