"""Carries one publication from request to report; every step may be the last.

The rows say where a run stands, so any worker can take it up: `requested` ->
`planning` -> `sending` (or `waiting`) -> `finished`, `failed` or `cancelled`.
"""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import (
    AccountPausedError,
    AccountServices,
    note_refused_token,
)
from app.backmarket.errors import (
    BackMarketError,
    NotConfiguredError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.backmarket.markets import market_of
from app.core.failpoints import failpoint
from app.core.vault import SecretUnreadableError
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import PUBLICATION, THROTTLED
from app.offers.locks import lock_offers
from app.publications.context import Run
from app.publications.enums import (
    Outcome,
    PublicationKind,
    PublicationState,
    SubmissionState,
)
from app.publications.execution import finish, send, start
from app.publications.holds import held_changes
from app.publications.lifecycle import pause_before_poll
from app.publications.models import Plan, Publication
from app.publications.planning import plan, plan_match, products
from app.publications.planning.complete import complete_plan
from app.publications.planning.inputs import Terms, plan_request, trust_catalog
from app.publications.planning.plan import PlanSummary
from app.publications.planning.request import PlanRequest
from app.publications.results import resolve, submissions, validation, verify
from app.publications.results.record import (
    forget_settled_errors,
    note_local_refusals,
)
from app.stores.models import Store

log = structlog.get_logger(__name__)

ACCOUNT_BUSY = timedelta(seconds=2)
PRIORITY_SINGLES = 50
"""What is sold out goes one by one, each at once: a batch would take minutes."""
POLLS_AT_ONCE = 2
"""While PostgreSQL takes what became of one batch, the next is asked for."""
WAITING_FOR_LOST_TASK = timedelta(seconds=5)


async def publish(tools: AccountServices, lease: Lease) -> Snooze | None:
    """Do as much of a publication as can be done now."""
    try:
        run = await start.take_up(tools, lease)
    except IntegrityError:  # another run of the account was faster
        return Snooze(ACCOUNT_BUSY, idle=True)
    except SecretUnreadableError as error:
        await finish.fail_unopened(tools, lease, "secret_unreadable", str(error))
        return None
    if not isinstance(run, Run):
        return run
    failpoint("publish.started")
    try:
        if run.state is PublicationState.PLANNING:
            run = await _make_plan(run)
        return await _carry_out(run)
    except AccountPausedError as error:
        return await finish.wait(run, error.pause, "throttled")
    except BackMarketError as error:
        return await _after_error(run, error)


async def _make_plan(run: Run) -> Run:
    """Settle what earlier runs left open, then write the plan in one transaction."""
    if not run.priority:  # that of which nobody knows the end can wait
        await _look_back(run)
    if run.kind is PublicationKind.PRODUCTS:
        await products.make_plan(run)
    elif not await _plan_offers(run):
        return replace(run, state=PublicationState.CANCELLED)
    failpoint("publish.planned")
    return replace(run, state=PublicationState.SENDING)


async def _look_back(run: Run) -> None:
    """Learn what became of calls of earlier runs, and of listings that waited."""
    async with run.tools.database.transaction() as tx:
        left_over = await submissions.left_over(tx.session, run.account_id)
    for each in left_over:
        owner = run.for_store(each.store_id, market_of(each.country))
        await resolve.clear_left_over(owner, each.call)
    await validation.refresh(run)


async def _plan_offers(run: Run) -> bool:
    """Write the plan; False when it is not the one that was to be published."""
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await lock_offers(tx.session, [run.store_id])
        publication = await tx.session.get_one(Publication, run.publication_id)
        store = await tx.session.get_one(Store, run.store_id)
        await held_changes.delete_obsolete(tx.session, store.id)
        request = await plan_request(tx.session, store, _terms(run))
        summary = await plan.write_plan(tx.session, request)
        if publication.plan_id:
            changed = await plan_match.difference(
                tx.session, request, publication.plan_id, summary.digest
            )
            if changed is not None:
                await finish.refuse(tx, run, publication, changed)
                return False
            agreed_on = await tx.session.get_one(Plan, publication.plan_id)
            summary = replace(summary, digest=agreed_on.content_hash or "")
        await plan.write_submissions(tx.session, run.publication_id, run.account_id)
        await _note_held(tx.session, store, request, summary)
        await forget_settled_errors(tx.session, run.store_id)
        await note_local_refusals(tx.session, run.publication_id, run.store_id)
        await complete_plan(tx.session, run.publication_id, summary)
    log.info("publish.planned", **summary.counts)
    return True


def _terms(run: Run) -> Terms:
    return Terms(
        subject_id=run.publication_id,
        account_id=run.account_id,
        siblings=list(run.siblings),
        limits=run.limits,
        policy=run.shared_quantity,
        single_max=_single_max(run),
        priority=run.priority,
    )


async def _note_held(
    session: AsyncSession, store: Store, request: PlanRequest, summary: PlanSummary
) -> None:
    brake = request.guard.brake
    if brake:
        await held_changes.store_holds(
            session, store.id, request.publication_id, brake.hold_for
        )
    if not summary.held.by_catalog:
        await trust_catalog(session, store)


def _single_max(run: Run) -> int:
    usual = run.tools.settings.single_update_max
    return max(usual, PRIORITY_SINGLES) if run.priority else usual


async def _carry_out(run: Run) -> Snooze | None:
    """Send what is pending, find out what is uncertain, poll what is sent."""
    if run.state is PublicationState.CANCELLED:
        return None
    if not await _deliver_pending(run):
        await finish.stop(
            run, PublicationState.CANCELLED, Outcome.DEFERRED, "store_inactive"
        )
        return None
    unknown = False
    for call in await _open_calls(run):
        if call.state in {SubmissionState.SENDING, SubmissionState.UNCERTAIN}:
            unknown = not await resolve.reconcile(run, call) or unknown
    sent = [
        call for call in await _open_calls(run) if call.state is SubmissionState.SENT
    ]
    await _poll(run, sent)
    return await _what_next(run, unknown=unknown, polled=bool(sent))


async def _deliver_pending(run: Run) -> bool:
    """Make the calls that are due; False where the store may not send any more."""
    pending = [c for c in await _open_calls(run) if c.state is SubmissionState.PENDING]
    async with aclosing(send.Batches(run)) as batches:
        for call, following in zip_longest(pending, pending[1:]):
            if not await start.may_send(run):
                return False
            await send.deliver(run, call, batches, following)
    return True


async def _poll(run: Run, sent: list[submissions.Call]) -> None:
    """Ask for the ends of batches. The first error ends it: it concerns them all."""
    turns = asyncio.Semaphore(POLLS_AT_ONCE)

    async def one(call: submissions.Call) -> None:
        async with turns:
            await resolve.poll(run, call)

    try:
        async with asyncio.TaskGroup() as group:
            for call in sent:
                group.create_task(one(call))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _what_next(run: Run, *, unknown: bool, polled: bool) -> Snooze | None:
    still_open = await _open_calls(run)
    if any(call.state is SubmissionState.PENDING for call in still_open):
        return Snooze(timedelta(0))
    deadline = run.tools.settings.task_deadline
    patient = [call for call in still_open if not resolve.overdue(call, deadline)]
    if not still_open or not patient:
        await verify.read_back(run)
        await finish.finish(run)
        return None
    if unknown and not polled:
        return Snooze(WAITING_FOR_LOST_TASK)
    polls = min(call.polls for call in patient)
    return Snooze(pause_before_poll(polls, run.tools.settings.task_poll))


async def _open_calls(run: Run) -> list[submissions.Call]:
    async with run.tools.database.transaction() as tx:
        return await submissions.open_calls(tx.session, run.publication_id)


async def _after_error(run: Run, error: BackMarketError) -> Snooze | None:
    """What an error means for the run: wait, or end it clearly."""
    log.warning("publish.call_failed", code=error.code, status=error.status)
    match error:
        case TokenRefusedError() | PermissionRefusedError():
            if not await note_refused_token(
                run.tools, run.account_id, run.token_digest, error
            ):
                return Snooze(timedelta(0))  # go on with the new token
            await finish.stop(
                run,
                PublicationState.FAILED,
                Outcome.DEFERRED,
                error.code,
                error.message,
            )
            return None
        case NotConfiguredError():
            await finish.stop(
                run,
                PublicationState.FAILED,
                Outcome.DEFERRED,
                error.code,
                error.message,
            )
            return None
        case ThrottledError():
            failures = await finish.count_failure(run)
            pause = THROTTLED.pause(failures, error.retry_after)
            async with run.tools.database.transaction() as tx:
                await accounts.pause(tx.session, run.account_id, pause)
            return await finish.wait(run, pause, error.code, error.message)
        case _:
            failures = await finish.count_failure(run)
            pause = PUBLICATION.pause(failures, error.retry_after)
            return await finish.wait(run, pause, error.code, error.message)
