"""Makes the calls of a run: write the intent, call, write the answer."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountPausedError
from app.accounts.budget import lines_left, usual_left
from app.backmarket.errors import (
    BackMarketError,
    Effect,
    NotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
    UnavailableError,
)
from app.backmarket.wire.tasks import classify
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.publications.context import Run
from app.publications.enums import Method, Outcome, PublicationKind, SubmissionState
from app.publications.planning.statements import GROUP_SUBMISSIONS
from app.publications.results import readback, resolve, submissions
from app.publications.results.record import Verdict, settle_rest
from app.publications.results.submissions import Call

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A call that may be made now, and the lines set aside for it."""

    lines: int
    spend_id: UUID


class Batches:
    """Reads the lines of batches; those of the next while one is on its way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._coming: dict[int, asyncio.Task[submissions.Batch]] = {}

    def read_ahead(self, call: Call | None) -> None:
        if call and call.method is Method.BATCH:
            self._coming[call.seq] = asyncio.create_task(self._read(call))

    async def of(self, call: Call, lines: int) -> submissions.Batch:
        """The `lines` lines that are still to be sent: read again if some are not."""
        coming = self._coming.pop(call.seq, None)
        if coming and (batch := await coming).frame.height == lines:
            return batch
        return await self._read(call)

    async def aclose(self) -> None:
        """Nobody waits for what was read ahead."""
        for coming in self._coming.values():
            coming.cancel()
        await asyncio.gather(*self._coming.values(), return_exceptions=True)

    async def _read(self, call: Call) -> submissions.Batch:
        run = self._run
        return await asyncio.to_thread(
            submissions.batch_frame, run.tools.database, call, run.market.currency
        )


async def deliver(
    run: Run, call: Call, batches: Batches, following: Call | None
) -> None:
    """Make one call that is due. Raises BackMarketError when it did not go through.

    On every way out the submission row says what is known: `pending` (surely not
    taken), `uncertain` (may have been taken), `sent` (a task to poll) or `settled`.
    """
    reserved = await _reserve(run, call)
    if reserved is None:
        return
    failpoint("publish.marked_sending")
    try:
        if call.method is Method.BATCH:
            batch = await batches.of(call, reserved.lines)
            batches.read_ahead(following)
            await _send_batch(run, call, batch)
        else:
            await _send_single(run, call)
    except (RequestRefusedError, NotFoundError) as error:
        await _refused(run, call, error)
    except (AccountPausedError, BackMarketError) as error:
        await _not_through(run, call, reserved, error)
        raise


async def _reserve(run: Run, call: Call) -> Reserved | None:
    """Write that the call is about to be made, and what it costs."""
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        lines = await submissions.supersede(tx.session, call, run.store_id)
        if not lines:
            await submissions.mark(
                tx.session, call, SubmissionState.SETTLED, settled_at=utc_now()
            )
            return None
        if lines > await _room(tx.session, run, call):
            await settle_rest(
                tx.session,
                run.publication_id,
                Outcome.DEFERRED,
                "line_budget",
                submission=call.seq,
            )
            await submissions.mark(
                tx.session, call, SubmissionState.SETTLED, settled_at=utc_now()
            )
            return None
        spend_id = await accounts.spend(tx.session, run.account_id, lines)
        await submissions.mark(
            tx.session,
            call,
            SubmissionState.SENDING,
            lines=lines,
            attempts=call.attempts + 1,
            sent_at=utc_now(),
        )
    return Reserved(lines, spend_id)


async def _room(session: AsyncSession, run: Run, call: Call) -> int:
    """Lines left for this call; the account's budget is held until it is reserved."""
    await accounts.hold_budget(session, run.account_id)
    used = await accounts.lines_used(session, run.account_id)
    lowers = run.kind is PublicationKind.OFFERS and call.seq < GROUP_SUBMISSIONS
    left = lines_left if lowers else usual_left
    return left(run.limits.lines_per_hour, used)


async def _send_batch(run: Run, call: Call, batch: submissions.Batch) -> None:
    task_id = await run.tools.back_market.post_batch(
        run.access, batch.frame, batch.product
    )
    failpoint("publish.posted")
    log.info("publish.batch_sent", task_id=task_id, lines=batch.frame.height)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.mark(
            tx.session, call, SubmissionState.SENT, task_id=task_id, polls=0
        )
        await submissions.note_progress(tx.session, run.publication_id)
    failpoint("publish.task_recorded")


async def _send_single(run: Run, call: Call) -> None:
    (line,) = await resolve.open_lines(run, call, (Outcome.PLANNED,))
    if line.listing_id is None:
        raise NotFoundError("The listing's id is not known.")
    fields = {k: v for k, v in line.after.items() if k != "shipping"}
    fields |= line.after.get("shipping") or {}
    listing = await run.tools.back_market.update_listing(
        run.access, line.listing_id, fields
    )
    failpoint("publish.posted")
    await resolve.record(run, call, [readback.accepted(line, listing)])


async def _refused(
    run: Run, call: Call, error: RequestRefusedError | NotFoundError
) -> None:
    """Back Market read the whole call and said no: every line of it is refused."""
    gone = call.method is Method.SINGLE and isinstance(error, NotFoundError)
    code = "listing_not_found" if gone else str(classify(error.message))
    lines = await resolve.open_lines(run, call, (Outcome.PLANNED,))
    verdicts = [
        Verdict(line.seq, Outcome.REJECTED, code, error.message) for line in lines
    ]
    await resolve.record(run, call, verdicts)


async def _not_through(
    run: Run,
    call: Call,
    reserved: Reserved,
    error: AccountPausedError | BackMarketError,
) -> None:
    """Take the call back if it surely was not made, else find out later."""
    unknown = (
        isinstance(error, UnavailableError | NotUnderstoodError)
        and error.effect is Effect.UNKNOWN
    )
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if unknown:
            await submissions.mark(tx.session, call, SubmissionState.UNCERTAIN)
        else:
            await accounts.unspend(tx.session, reserved.spend_id)
            await submissions.mark(
                tx.session, call, SubmissionState.PENDING, attempts=call.attempts
            )
