"""Makes the calls of a run: write the intent, call, write the answer."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from app.accounts import service as accounts
from app.accounts.budget import lines_left
from app.backmarket.errors import (
    BackMarketError,
    Effect,
    NotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
    UnavailableError,
)
from app.backmarket.matching import match_rows
from app.backmarket.tasks import ListingRef, TaskReport, TaskStatus, classify
from app.columns import utc_now
from app.crashpoints import crashpoint
from app.publications import calls, ending, readback
from app.publications.calls import Call, Line
from app.publications.context import AccountRestsError, Run
from app.publications.lifecycle import wait_for_lost_task
from app.publications.settle import Verdict, settle, settle_rest
from app.publications.words import DispatchState, Door, Outcome

log = structlog.get_logger(__name__)

OPEN = (Outcome.PLANNED, Outcome.UNCONFIRMED)
MAX_ATTEMPTS = 5
"""How often a call is made whose answer is lost each time."""
LOOK_FOR_MISSING = 60
FORGET_TASK = timedelta(hours=24)
"""After this a task that never ended is not asked for any more."""
READ_BACK = "read_back"


@dataclass(frozen=True, slots=True)
class Reserved:
    """A call that may be made now, and the lines set aside for it."""

    lines: int
    spend_id: UUID


async def deliver(run: Run, call: Call) -> None:
    """Make one call that is due. Raises BackMarketError when it did not go through.

    On every way out the dispatch row says what is known: `pending` (surely not
    taken), `uncertain` (may have been taken), `sent` (a task to poll) or `settled`.
    """
    reserved = await _reserve(run, call)
    if reserved is None:
        return
    crashpoint("publish.marked_sending")
    try:
        if call.door is Door.BATCH:
            await _send_batch(run, call)
        else:
            await _send_single(run, call)
    except (RequestRefusedError, NotFoundError) as error:
        await _refused(run, call, error)
    except (AccountRestsError, BackMarketError) as error:
        await _not_through(run, call, reserved, error)
        raise


async def _reserve(run: Run, call: Call) -> Reserved | None:
    """Write that the call is about to be made, and what it costs."""
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        lines = await calls.supersede(tx.session, call, run.store_id)
        if not lines:
            await calls.mark(
                tx.session, call, DispatchState.SETTLED, settled_at=utc_now()
            )
            return None
        spent = await accounts.spends(tx.session, run.account_id)
        now = await accounts.database_now(tx.session)
        if lines > lines_left(run.limits.lines_per_hour, spent, now):
            await settle_rest(
                tx.session,
                run.publication_id,
                Outcome.DEFERRED,
                "line_budget",
                dispatch=call.seq,
            )
            await calls.mark(
                tx.session, call, DispatchState.SETTLED, settled_at=utc_now()
            )
            return None
        spend_id = await accounts.spend(tx.session, run.account_id, lines)
        await calls.mark(
            tx.session,
            call,
            DispatchState.SENDING,
            lines=lines,
            attempts=call.attempts + 1,
            sent_at=utc_now(),
        )
    return Reserved(lines, spend_id)


async def _send_batch(run: Run, call: Call) -> None:
    frame = await asyncio.to_thread(
        calls.batch_frame, run.tools.database, call, run.market.currency
    )
    task_id = await run.tools.back_market.post_batch(run.access, frame)
    crashpoint("publish.posted")
    log.info("publish.batch_sent", task_id=task_id, lines=frame.height)
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        await calls.mark(tx.session, call, DispatchState.SENT, task_id=task_id, polls=0)
        await calls.note_progress(tx.session, run.publication_id)
    crashpoint("publish.task_recorded")


async def _send_single(run: Run, call: Call) -> None:
    (line,) = await _lines(run, call, (Outcome.PLANNED,))
    if line.listing_id is None:
        raise NotFoundError("The listing's id is not known.")
    fields = {k: v for k, v in line.after.items() if k != "shipping"}
    fields |= line.after.get("shipping") or {}
    listing = await run.tools.back_market.update_listing(
        run.access, line.listing_id, fields
    )
    crashpoint("publish.posted")
    await _settle(run, call, [readback.accepted(line, listing)])


async def _refused(
    run: Run, call: Call, error: RequestRefusedError | NotFoundError
) -> None:
    """Back Market read the whole call and said no: every line of it is refused."""
    gone = call.door is Door.SINGLE and isinstance(error, NotFoundError)
    code = "listing_not_found" if gone else str(classify(error.message))
    lines = await _lines(run, call, (Outcome.PLANNED,))
    verdicts = [
        Verdict(line.seq, Outcome.REJECTED, code, error.message) for line in lines
    ]
    await _settle(run, call, verdicts)


async def _not_through(
    run: Run, call: Call, reserved: Reserved, error: AccountRestsError | BackMarketError
) -> None:
    """Take the call back if it surely was not made, else find out later."""
    unknown = (
        isinstance(error, UnavailableError | NotUnderstoodError)
        and error.effect is Effect.UNKNOWN
    )
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        if unknown:
            await calls.mark(tx.session, call, DispatchState.UNCERTAIN)
        else:
            await accounts.unspend(tx.session, reserved.spend_id)
            await calls.mark(
                tx.session, call, DispatchState.PENDING, attempts=call.attempts
            )


async def poll(run: Run, call: Call) -> bool:
    """Ask for the end of a batch; True when it is settled.

    Raises BackMarketError; a task that Back Market does not know any more is read
    back from the listings instead.
    """
    assert call.task_id is not None  # noqa: S101 - a sent batch has one
    try:
        report = await run.tools.back_market.task(run.access, call.task_id)
    except NotFoundError:
        await _mark_polled(run, call, DispatchState.UNCERTAIN)
        return False
    if report.status is TaskStatus.PENDING:
        await _mark_polled(run, call, DispatchState.SENT)
        return False
    crashpoint("publish.polled")
    lines = await _lines(run, call, OPEN)
    verdicts = await _verdicts(run, report, lines)
    await _settle(run, call, verdicts)
    crashpoint("publish.settled")
    return True


async def _mark_polled(run: Run, call: Call, state: DispatchState) -> None:
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        await calls.mark(tx.session, call, state, polls=call.polls + 1)
        await calls.note_progress(tx.session, run.publication_id)


async def _verdicts(run: Run, report: TaskReport, lines: list[Line]) -> list[Verdict]:
    """Map a task's report to the lines that were sent."""
    if report.status is TaskStatus.FAILED:
        return [
            Verdict(line.seq, Outcome.REJECTED, "task_failed", report.error)
            for line in lines
        ]
    matched = match_rows(
        report,
        [line.sku for line in lines],
        [line.after.get("ean") for line in lines],
        [line.listing_id for line in lines],
    )
    by_sku = {line.sku: line for line in lines}
    unproven = [
        sku for sku, ref in matched.accepted.items() if _unproven(by_sku[sku], ref)
    ]
    if len(unproven) > LOOK_FOR_MISSING:
        unproven = []  # too many to look for: the report is believed
    verdicts = [
        Verdict(
            by_sku[sku].seq,
            Outcome.ACCEPTED,
            listing_id=ref.listing_id,
            backmarket_id=ref.backmarket_id,
            publication_state=ref.publication_state,
        )
        for sku, ref in matched.accepted.items()
        if sku not in unproven
    ]
    verdicts += [
        Verdict(by_sku[sku].seq, Outcome.REJECTED, str(why.code), why.message)
        for sku, why in matched.refused.items()
    ]
    doubtful = [by_sku[sku] for sku in (*matched.missing, *unproven)]
    return verdicts + await _missing(run, doubtful)


def _unproven(line: Line, ref: ListingRef) -> bool:
    """A creation that is said to have worked, but of which no listing came."""
    return "grade" in line.after and ref.listing_id is None


async def _missing(run: Run, lines: list[Line]) -> list[Verdict]:
    """Lines that the report forgot: look, where there are few of them."""
    if not lines:
        return []
    arrived: list[Verdict] = []
    if len(lines) <= LOOK_FOR_MISSING:
        seen = await readback.look(run.tools.back_market, run.access, lines)
        arrived, lines = readback.verdicts_from(lines, seen)
    return arrived + [
        Verdict(line.seq, Outcome.UNCONFIRMED, "not_in_result") for line in lines
    ]


async def reconcile(run: Run, call: Call) -> bool:
    """Find out what a call did whose answer was lost; True when that is known now.

    What arrived is accepted. What did not is sent again, but for a batch only once
    its task cannot be under way any more.
    """
    lines = await _lines(run, call, (Outcome.PLANNED,))
    seen = await readback.look(run.tools.back_market, run.access, lines)
    arrived, absent = readback.verdicts_from(lines, seen)
    if absent and call.door is Door.BATCH and await _may_be_under_way(run, call):
        return False
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        await settle(
            tx.session, run.publication_id, run.store_id, run.siblings, arrived
        )
        if absent and call.attempts >= MAX_ATTEMPTS:
            await settle_rest(
                tx.session,
                run.publication_id,
                Outcome.UNCONFIRMED,
                "no_answer",
                dispatch=call.seq,
            )
        again = bool(absent) and call.attempts < MAX_ATTEMPTS
        state = DispatchState.PENDING if again else DispatchState.SETTLED
        settled_at = None if again else utc_now()
        await calls.mark(tx.session, call, state, settled_at=settled_at)
    log.info("publish.read_back", arrived=len(arrived), absent=len(absent))
    return True


async def _may_be_under_way(run: Run, call: Call) -> bool:
    async with run.tools.database.transaction() as tx:
        longest = await calls.longest_task(tx.session, run.account_id)
    since = utc_now() - (call.sent_at or utc_now())
    return since < wait_for_lost_task(longest)


async def clear_left_over(run: Run, call: Call) -> None:
    """Learn what became of a call of an earlier run before anything is sent again.

    Its task is polled first. While that stays open the listings tell, once, what
    arrived; the rest is free to be planned again. The call itself stays open: when
    its task ends late after all, the baseline moves to what it wrote, so that the
    run after that puts right what it overwrote.
    """
    may_still_end = call.state is DispatchState.SENT and not overdue(call, FORGET_TASK)
    if call.state is DispatchState.SENT and await poll(run, call):
        return
    if may_still_end and call.reason_code == READ_BACK:
        return
    lines = await _lines(run, call, OPEN)
    seen = await readback.look(run.tools.back_market, run.access, lines)
    arrived, _ = readback.verdicts_from(lines, seen)
    state = DispatchState.SENT if may_still_end else DispatchState.SETTLED
    await _settle(run, call, arrived, state, reason_code=READ_BACK)


async def _lines(run: Run, call: Call, outcomes: tuple[Outcome, ...]) -> list[Line]:
    async with run.tools.database.transaction() as tx:
        return await calls.lines_of(tx.session, call, run.store_id, outcomes)


async def _settle(
    run: Run,
    call: Call,
    verdicts: list[Verdict],
    state: DispatchState = DispatchState.SETTLED,
    **columns: object,
) -> None:
    """Record verdicts and where the call stands then, for its own store."""
    if state is DispatchState.SETTLED:
        columns["settled_at"] = utc_now()
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        await settle(
            tx.session, call.publication_id, run.store_id, run.siblings, verdicts
        )
        await calls.mark(tx.session, call, state, **columns)
        await calls.note_progress(tx.session, run.publication_id)
        if call.publication_id != run.publication_id:
            await ending.recount(tx.session, call.publication_id)


def overdue(call: Call, deadline: timedelta) -> bool:
    """Whether a task has been polled for longer than a run waits."""
    return call.sent_at is not None and utc_now() - call.sent_at > deadline
