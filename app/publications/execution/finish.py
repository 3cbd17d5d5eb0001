"""Ends runs: totals, follow-ups, and the next run in the queue."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import line_budget
from app.accounts import service as accounts
from app.accounts.budget import free_lines_at, reserve_of
from app.accounts.connection_health import record_connection
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.jobs.retry import GiveUp
from app.jobs.rows import make_due
from app.metrics.recording import RECORDER
from app.offers.refusals import REFUSALS
from app.publications import scheduling, sibling_stores
from app.publications.context import Run
from app.publications.enums import Outcome, PublicationState, Trigger
from app.publications.error_classes import GATHER
from app.publications.lifecycle import PUBLICATION
from app.publications.models import Publication
from app.publications.outcome_events import record_finished
from app.publications.results import submissions
from app.publications.results.record import close_planned
from app.publications.results.totals import current_totals


async def cancel_inactive(run: Run) -> None:
    """Cancel a run whose store was deactivated, or activated again while leaving."""
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        publication = await tx.session.get_one(Publication, run.publication_id)
        reason = GiveUp("store_activated" if run.leaving else "store_inactive")
        await end_early(tx, publication, PublicationState.CANCELLED, reason)
        await run.lease.finish(tx.session)


async def end_early(
    tx: Transaction, publication: Publication, state: PublicationState, reason: GiveUp
) -> None:
    """End a run early: changes that were not sent are deferred."""
    await submissions.close_all(tx.session, publication.id, reason.code)
    await close_planned(tx.session, publication.id, Outcome.DEFERRED, reason.code)
    await _end(tx, publication, state, reason.code, reason.message)


async def cancel_changed_plan(
    tx: Transaction, run: Run, publication: Publication, changed: dict[str, Any]
) -> None:
    """Cancel a run because the requested plan is no longer current.

    Requests without a plan that joined this run get a run of their own.
    """
    totals = dict(publication.totals)
    publication.totals = totals | {"plan_changed": changed}
    await _end(tx, publication, PublicationState.CANCELLED, "plan_changed", None)
    if not publication.plan_only:
        follow_up = await scheduling.request(
            tx, run.store_id, run.account_id, Trigger.FOLLOW_UP
        )
        publication.follow_up_id = follow_up.id
    await run.lease.finish(tx.session)


async def finish(run: Run) -> None:
    """End a run whose submissions are all settled or overdue."""
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        publication = await tx.session.get_one(Publication, run.publication_id)
        await close_planned(
            tx.session, publication.id, Outcome.UNCONFIRMED, "task_timeout"
        )
        if await _any_accepted(tx.session, publication.id):
            await record_connection(tx.session, run.account_id, "ok")
        await _end(tx, publication, PublicationState.FINISHED, None, None)
        await _follow_up(tx, run, publication)
        await sibling_stores.request_runs(tx, run)
        await _schedule_retry(tx, run)
        failpoint("publish.before_finish")
        await run.lease.finish(tx.session)
    failpoint("publish.finished")


async def _any_accepted(session: AsyncSession, publication_id: UUID) -> bool:
    """Whether Back Market accepted a change of the run, and so its token."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM change WHERE publication_id = :id "
            "AND outcome = 'accepted')"
        ),
        {"id": publication_id},
    )
    return bool(found)


async def _end(
    tx: Transaction,
    publication: Publication,
    state: PublicationState,
    code: str | None,
    message: str | None,
) -> None:
    PUBLICATION.move(publication, state)
    publication.reason_code, publication.reason = code, message
    publication.finished_at = utc_now()
    publication.failures = 0
    publication.totals = await current_totals(tx.session, publication)
    await tx.session.flush()
    await record_finished(tx.session, publication)
    tx.on_commit.append(
        partial(RECORDER.publication, publication.kind, publication.state)
    )
    if publication.trigger == Trigger.DEPARTURE:
        await tx.enqueue(
            JobKind.DEPARTURE, publication.store_id, publication.account_id
        )
    tx.jobs.extend(await _next_in_line(tx.session, publication.account_id))


async def _next_in_line(session: AsyncSession, account_id: UUID) -> list[UUID]:
    """Make the requested runs of the account due now."""
    found = await session.execute(
        text(
            "SELECT id FROM publication WHERE account_id = :account "
            "AND state = 'requested' AND (not_before IS NULL OR not_before <= now())"
        ),
        {"account": account_id},
    )
    return await make_due(session, JobKind.PUBLISH, list(found.scalars()))


async def _follow_up(tx: Transaction, run: Run, publication: Publication) -> None:
    """Request a run for changes that were deferred or superseded.

    Also for what this run left to another one that was active at the same time. A
    departure looks at the listings itself.
    """
    outcomes: dict[str, int] = publication.totals["outcomes"]
    deferred = _sum(outcomes, Outcome.DEFERRED) + publication.totals["unlisted"]
    overtook = run.priority and not run.leaving
    left = overtook or publication.totals.get("in_flight", False)
    at_once = left or bool(_sum(outcomes, Outcome.SUPERSEDED))
    if not at_once and not deferred:
        return
    not_before: datetime | None = None
    if not at_once:
        spent = await line_budget.spends(tx.session, run.account_id)
        now = await accounts.database_now(tx.session)
        limit = run.limits.lines_per_hour
        limit -= reserve_of(limit)
        not_before = free_lines_at(limit, spent, deferred, now)
    trigger = Trigger.CARRY_OVER if not_before else Trigger.FOLLOW_UP
    if run.leaving:
        trigger = Trigger.DEPARTURE
    follow_up = await scheduling.request(
        tx,
        run.store_id,
        run.account_id,
        trigger,
        kind=run.kind,
        not_before=not_before,
    )
    publication.follow_up_id = follow_up.id


async def _schedule_retry(tx: Transaction, run: Run) -> None:
    """Request a run for the time when the first transient refusal is retried."""
    due = await tx.session.scalar(
        text(REFUSALS["next_retry"]), {"store": run.store_id, "gather": GATHER}
    )
    if due:
        await scheduling.request(
            tx,
            run.store_id,
            run.account_id,
            Trigger.FOLLOW_UP,
            not_before=due,
        )


def _sum(outcomes: dict[str, int], outcome: Outcome) -> int:
    return sum(n for key, n in outcomes.items() if key.endswith(f".{outcome}"))
