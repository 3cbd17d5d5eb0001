"""Makes the plan of a run, after it resolved what earlier runs left open."""

from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import market_of
from app.core.advisory_locks import lock_name
from app.core.failpoints import failpoint
from app.database import Transaction
from app.offers.locks import lock_offers
from app.offers.refusals import clear_resolved_errors
from app.publications.context import Run
from app.publications.enums import Outcome, PublicationKind
from app.publications.execution import finish
from app.publications.holds import held_changes
from app.publications.models import Plan, Publication
from app.publications.outcome_events import record_held
from app.publications.planning import plan, plan_match, products
from app.publications.planning.complete import complete_plan
from app.publications.planning.inputs import Terms, plan_request, trust_catalog
from app.publications.planning.plan import PlanSummary
from app.publications.planning.request import PlanRequest
from app.publications.results import earlier, validation
from app.publications.results.record import (
    record_plan_holds,
    record_plan_refusals,
)
from app.publications.titles import refresh as titles
from app.stores import service as stores
from app.stores.models import Store

log = structlog.get_logger(__name__)

PRIORITY_SINGLES = 50
"""A priority run sends up to so many single updates: a batch would take minutes."""


async def make_plan(run: Run) -> bool:
    """Write the plan; False if the run was cancelled because its plan changed."""
    if not run.priority:  # unresolved submissions can wait
        await _resolve_earlier_runs(run)
    if run.kind is PublicationKind.PRODUCTS:
        await products.make_plan(run)
        failpoint("publish.planned")
        return True
    if not run.priority:
        await titles.refresh(run.tools, run.store_id)
    if not await _plan_offers(run):
        return False
    failpoint("publish.planned")
    return True


async def _resolve_earlier_runs(run: Run) -> None:
    """Resolve open submissions of earlier runs and listings awaiting validation."""
    async with run.tools.database.transaction() as tx:
        left_over = await earlier.load_earlier(tx.session, run.account_id)
    for each in left_over:
        owner = run.for_store(each.store_id, market_of(each.country))
        await earlier.resolve_before_plan(owner, each.submission)
    await validation.refresh(run)


async def _plan_offers(run: Run) -> bool:
    """Write the plan in one transaction; False if the run was cancelled.

    A run and a priority run of one account plan one after the other, so that the
    second one knows what the first one sends.
    """
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await lock_name(tx.session, f"plan of {run.account_id}")
        await lock_offers(tx.session, [run.store_id])
        store = await stores.require(tx.session, run.store_id)
        await held_changes.delete_obsolete(tx.session, store.id)
        request = await plan_request(tx.session, store, _terms(run))
        summary = await plan.write_plan(tx.session, request)
        matched = await _match_requested_plan(tx, run, request, summary)
        if matched is None:
            return False
        await plan.write_submissions(tx.session, run.publication_id, run.account_id)
        await _record_held(tx.session, store, request, matched)
        await _note_new_holds(tx.session, run, matched)
        await clear_resolved_errors(tx.session, run.store_id)
        await record_plan_refusals(tx.session, run.publication_id, run.store_id)
        await record_plan_holds(tx.session, run.publication_id, run.store_id)
        await complete_plan(tx.session, run.publication_id, matched)
    log.info("publish.planned", **matched.counts)
    return True


async def _match_requested_plan(
    tx: Transaction, run: Run, request: PlanRequest, summary: PlanSummary
) -> PlanSummary | None:
    """The summary under the hash of the requested plan; None if the plan changed."""
    publication = await tx.session.get_one(Publication, run.publication_id)
    if not publication.plan_id:
        return summary
    changed = await plan_match.difference(
        tx.session, request, publication.plan_id, summary.digest
    )
    if changed is not None:
        await finish.cancel_changed_plan(tx, run, publication, changed)
        return None
    requested = await tx.session.get_one(Plan, publication.plan_id)
    return replace(summary, digest=requested.content_hash or "")


def _terms(run: Run) -> Terms:
    return Terms(
        subject_id=run.publication_id,
        account_id=run.account_id,
        siblings=list(run.siblings),
        limits=run.limits,
        policy=run.shared_quantity,
        single_max=_single_max(run),
        priority=run.priority,
        leaving=run.leaving,
    )


async def _record_held(
    session: AsyncSession, store: Store, request: PlanRequest, summary: PlanSummary
) -> None:
    brake = request.guard.brake
    if brake:
        await held_changes.store_holds(
            session, store.id, request.publication_id, brake.hold_for
        )
    if not summary.held.by_catalog and not request.leaving:
        await trust_catalog(session, store)


async def _note_new_holds(
    session: AsyncSession, run: Run, summary: PlanSummary
) -> None:
    if not any(key.endswith(f".{Outcome.HELD}") for key in summary.counts):
        return
    found = await held_changes.newly_held(session, run.store_id, run.publication_id)
    if found:
        publication = await session.get_one(Publication, run.publication_id)
        await record_held(session, publication, found)


def _single_max(run: Run) -> int:
    usual = run.tools.settings.single_update_max
    return max(usual, PRIORITY_SINGLES) if run.priority else usual
