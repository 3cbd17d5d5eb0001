"""Finds out what became of calls: polls tasks, looks at listings, writes the ends."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.backmarket.errors import NotFoundError
from app.backmarket.wire.task_matching import Matched, match_rows
from app.backmarket.wire.tasks import ListingRef, Refusal, TaskReport, TaskStatus
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.publications.context import Run
from app.publications.enums import Method, Outcome, SubmissionState
from app.publications.lifecycle import wait_for_lost_task
from app.publications.results import readback, submissions
from app.publications.results.record import Verdict, settle, settle_rest
from app.publications.results.submissions import Call, Line, Mark
from app.publications.results.totals import recount

log = structlog.get_logger(__name__)

OPEN = (Outcome.PLANNED, Outcome.UNCONFIRMED)
MAX_ATTEMPTS = 5
"""How often a call is made whose answer is lost each time."""
LOOK_FOR_MISSING = 60
LOOK_THROUGH = 400
"""Pages of listings that are looked through, some minutes at the usual pace, for what
a report does not name; what was created is on the first ones."""
FORGET_TASK = timedelta(hours=24)
"""After this a task that never ended is not asked for any more."""
READ_BACK = "read_back"


async def poll(run: Run, call: Call) -> bool:
    """Ask for the end of a batch; True when it is settled.

    Raises BackMarketError; a task that Back Market does not know any more is read
    back from the listings instead.
    """
    assert call.task_id is not None  # noqa: S101 - a sent batch has one
    try:
        report = await run.tools.back_market.task(run.access, call.task_id)
    except NotFoundError:
        await _mark_polled(run, call, SubmissionState.UNCERTAIN)
        return False
    if report.status is TaskStatus.PENDING:
        await _mark_polled(run, call, SubmissionState.SENT)
        return False
    failpoint("publish.polled")
    judged = await asyncio.to_thread(_judge, run, call, report)
    verdicts = judged.verdicts + await _missing(run, call, judged.doubtful)
    await record(run, call, verdicts)
    failpoint("publish.settled")
    return True


async def _mark_polled(run: Run, call: Call, state: SubmissionState) -> None:
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.mark(tx.session, call, state, polls=call.polls + 1)
        await submissions.note_progress(tx.session, run.publication_id)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a task's report says; `doubtful` are lines (by number) to look for."""

    verdicts: list[Verdict]
    doubtful: list[int]


def _judge(run: Run, call: Call, report: TaskReport) -> _Judged:
    """Map a task's report to the lines that were sent; for a thread."""
    marks = submissions.marks_of(run.tools.database, call, run.store_id, OPEN)
    if report.status is TaskStatus.FAILED:
        failed = (Outcome.REJECTED, "task_failed", report.error)
        return _Judged([Verdict(mark.seq, *failed) for mark in marks], [])
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
    return _Judged(accepted + refused, doubtful)


def _refused(mark: Mark, why: Refusal) -> Verdict:
    code = "product_refused" if mark.describes else str(why.code)
    return Verdict(mark.seq, Outcome.REJECTED, code, why.message)


def _accepted(seq: int, ref: ListingRef) -> Verdict:
    return Verdict(
        seq,
        Outcome.ACCEPTED,
        listing_id=ref.listing_id,
        backmarket_id=ref.backmarket_id,
        publication_state=ref.publication_state,
    )


def _unproven(marks: Mapping[str, Mark], matched: Matched) -> set[str]:
    """Creations that are said to have worked, but of which no listing came.

    Too many to look for one by one: then the report is believed.
    """
    found = {
        sku
        for sku, ref in matched.accepted.items()
        if ref.listing_id is None and marks[sku].creates
    }
    return found if len(found) <= LOOK_FOR_MISSING else set()


async def _missing(run: Run, call: Call, doubtful: list[int]) -> list[Verdict]:
    """Lines that the report forgot, or names by something else: look for them."""
    if not doubtful:
        return []
    async with run.tools.database.transaction() as tx:
        lines = await submissions.lines_of(
            tx.session, call, run.store_id, OPEN, doubtful
        )
    seen = await readback.look(
        run.tools.back_market, run.access, lines, most_pages=LOOK_THROUGH
    )
    arrived, absent = readback.verdicts_from(lines, seen)
    return arrived + _unconfirmed([line.seq for line in absent])


def _unconfirmed(lines: Iterable[int]) -> list[Verdict]:
    return [Verdict(seq, Outcome.UNCONFIRMED, "not_in_result") for seq in lines]


async def reconcile(run: Run, call: Call) -> bool:
    """Find out what a call did whose answer was lost; True when that is known now.

    What arrived is accepted. What did not is sent again, but for a batch only once
    its task cannot be under way any more.
    """
    lines = await open_lines(run, call, (Outcome.PLANNED,))
    seen = await readback.look(run.tools.back_market, run.access, lines)
    arrived, absent = readback.verdicts_from(lines, seen)
    if absent and call.method is Method.BATCH and await _may_be_under_way(run, call):
        return False
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await settle(
            tx.session, run.publication_id, run.store_id, run.siblings, arrived
        )
        if absent and call.attempts >= MAX_ATTEMPTS:
            await settle_rest(
                tx.session,
                run.publication_id,
                Outcome.UNCONFIRMED,
                "no_answer",
                submission=call.seq,
            )
        again = bool(absent) and call.attempts < MAX_ATTEMPTS
        state = SubmissionState.PENDING if again else SubmissionState.SETTLED
        settled_at = None if again else utc_now()
        await submissions.mark(tx.session, call, state, settled_at=settled_at)
    log.info("publish.read_back", arrived=len(arrived), absent=len(absent))
    return True


async def _may_be_under_way(run: Run, call: Call) -> bool:
    async with run.tools.database.transaction() as tx:
        longest = await submissions.longest_task(tx.session, run.account_id)
    since = utc_now() - (call.sent_at or utc_now())
    return since < wait_for_lost_task(longest)


async def clear_left_over(run: Run, call: Call) -> None:
    """Learn what became of a call of an earlier run before anything is sent again.

    Its task is polled first. While that stays open the listings tell, once, what
    arrived; the rest is free to be planned again. The call itself stays open: when
    its task ends late after all, the baseline moves to what it wrote, so that the
    run after that puts right what it overwrote.
    """
    may_still_end = call.state is SubmissionState.SENT and not overdue(
        call, FORGET_TASK
    )
    if call.state is SubmissionState.SENT and await poll(run, call):
        return
    if may_still_end and call.reason_code == READ_BACK:
        return
    lines = await open_lines(run, call, OPEN)
    seen = await readback.look(run.tools.back_market, run.access, lines)
    arrived, _ = readback.verdicts_from(lines, seen)
    state = SubmissionState.SENT if may_still_end else SubmissionState.SETTLED
    await record(run, call, arrived, state, reason_code=READ_BACK)


async def open_lines(run: Run, call: Call, outcomes: tuple[Outcome, ...]) -> list[Line]:
    async with run.tools.database.transaction() as tx:
        return await submissions.lines_of(tx.session, call, run.store_id, outcomes)


async def record(
    run: Run,
    call: Call,
    verdicts: list[Verdict],
    state: SubmissionState = SubmissionState.SETTLED,
    **columns: object,
) -> None:
    """Record verdicts and where the call stands then, for its own store."""
    if state is SubmissionState.SETTLED:
        columns["settled_at"] = utc_now()
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await settle(
            tx.session, call.publication_id, run.store_id, run.siblings, verdicts
        )
        await submissions.mark(tx.session, call, state, **columns)
        await submissions.note_progress(tx.session, run.publication_id)
        if call.publication_id != run.publication_id:
            await recount(tx.session, call.publication_id)


def overdue(call: Call, deadline: timedelta) -> bool:
    """Whether a task has been polled for longer than a run waits."""
    return call.sent_at is not None and utc_now() - call.sent_at > deadline
