"""Makes previews: plans that are stored and not sent."""

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.accounts import line_budget
from app.accounts import service as accounts
from app.accounts.account_client import AccountServices
from app.accounts.budget import free_lines_at
from app.accounts.shared_stock import shared_quantity_of
from app.core.columns import utc_now
from app.core.errors import ConflictError, NotFoundError
from app.database import Transaction
from app.jobs.frame import Job
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.offers.locks import lock_offers
from app.publications import listing_imports
from app.publications.enums import PlanState
from app.publications.execution import start
from app.publications.lifecycle import PLAN
from app.publications.listing_imports import ListingsNotImportedError
from app.publications.models import Plan
from app.publications.planning.forecast import Forecast, forecast
from app.publications.planning.inputs import Terms, plan_request, versions_of
from app.publications.planning.plan import PlanSummary, write_plan
from app.publications.planning.request import EVERYTHING
from app.publications.titles import refresh as titles
from app.stores import service as stores
from app.stores.models import Store

KEPT = timedelta(days=1)
"""Retention deletes plans after this."""


async def request(tx: Transaction, store: Store, kind: str) -> Plan:
    """Request a plan: a new one, or the one of this kind that has not started.

    The caller holds the lock of the store. Raises ConflictError for a store without a
    token.
    """
    if store.account_id is None:
        raise ConflictError(
            "The store has no token yet: PUT /v1/stores/{id}/settings first.",
            code="no_token",
        )
    plan = await _waiting(tx.session, store.id, kind)
    if plan is None:
        plan = Plan(store_id=store.id, kind=kind)
        tx.session.add(plan)
    plan.requested_at = utc_now()  # it waits for catalogs uploaded until now
    await tx.session.flush()
    await tx.enqueue(JobKind.PLAN, plan.id, store.tenant_id)
    return plan


async def _waiting(session: AsyncSession, store_id: UUID, kind: str) -> Plan | None:
    """The requested plan that has not started, locked."""
    found = await session.execute(
        select(Plan)
        .where(
            Plan.store_id == store_id,
            Plan.kind == kind,
            Plan.state == str(PlanState.REQUESTED),
            col(Plan.started_at).is_(None),
        )
        .limit(1)
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def get_plan(session: AsyncSession, caller: Caller, plan_id: UUID) -> Plan:
    """Raises NotFoundError for an unknown plan or a store that is not the caller's."""
    plan = await session.get(Plan, plan_id)
    if plan is None or not caller.sees(plan.store_id):
        raise NotFoundError("Plan not found.")
    return plan


class PlanJob(Job[Plan]):
    """Writes the plan, without changing offers.

    A catalog that was uploaded before the request is imported first, as for a
    publication.
    """

    name = "plan"

    def __init__(self, services: AccountServices) -> None:
        self.services = services

    async def load(self, lease: Lease) -> Plan | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            plan = await _requested(tx.session, lease.subject_id)
            if plan is None:
                await lease.finish(tx.session)
                return None
            try:
                pause = await _pause(tx, plan)
            except ListingsNotImportedError as error:
                _fail(plan, error.code)
                await lease.finish(tx.session)
                return None
            if pause is None:
                plan.started_at = utc_now()
        return pause or plan

    async def work(self, lease: Lease, loaded: Plan) -> Snooze | None:
        await titles.refresh(self.services, loaded.store_id)
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            plan = await _requested(tx.session, loaded.id)
            store = await stores.find(tx.session, loaded.store_id)
            if plan and store and store.account_id is None:
                _fail(plan, "store_inactive")
            elif plan and store and store.account_id:
                await _write(self.services, tx.session, plan, store, store.account_id)
            await tx.session.flush()
            await lease.finish(tx.session)
        return None

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            plan = await _requested(tx.session, lease.subject_id)
            if plan:
                _fail(plan, reason.code)


async def _requested(session: AsyncSession, plan_id: UUID) -> Plan | None:
    """The plan, locked; None if it was made or deleted."""
    plan = await session.get(Plan, plan_id, with_for_update=True)
    return plan if plan and plan.state == PlanState.REQUESTED else None


def _fail(plan: Plan, code: str) -> None:
    PLAN.move(plan, PlanState.FAILED)
    plan.reason_code = code


async def _pause(tx: Transaction, plan: Plan) -> Snooze | None:
    """What the plan waits for: the listings of its store, or a catalog import.

    Raises ListingsNotImportedError.
    """
    store = await stores.require(tx.session, plan.store_id)
    asked = plan.requested_at
    awaited = store.account_id and await listing_imports.awaited(tx, store, asked)
    plan.reason_code = listing_imports.REASON if awaited else None
    if awaited:
        return Snooze(listing_imports.PAUSE)
    if await start.awaits_import(tx.session, store.id, asked, utc_now()):
        return Snooze(start.IMPORT_PAUSE)
    return None


async def _write(
    tools: AccountServices,
    session: AsyncSession,
    plan: Plan,
    store: Store,
    account_id: UUID,
) -> None:
    account = await accounts.get(session, account_id)
    limits = accounts.limits_of(account, tools.settings)
    terms = Terms(
        subject_id=plan.id,
        account_id=account_id,
        siblings=await stores.siblings(session, store),
        limits=limits,
        policy=shared_quantity_of(account.shared_quantity),
        single_max=tools.settings.single_update_max,
        detail=EVERYTHING,
    )
    await lock_offers(session, [store.id])
    summary = await write_plan(session, await plan_request(session, store, terms))
    PLAN.move(plan, PlanState.READY)
    plan.ready_at = utc_now()
    plan.content_hash = summary.digest
    plan.totals = {"outcomes": summary.counts}
    plan.versions = await versions_of(session, store)
    estimate = await _forecast(session, account_id, limits.lines_per_hour, summary)
    eta = estimate.eta and estimate.eta.isoformat()
    plan.forecast = asdict(estimate) | {"eta": eta}


async def _forecast(
    session: AsyncSession, account_id: UUID, per_hour: int, summary: PlanSummary
) -> Forecast:
    spent = await line_budget.spends(session, account_id)
    now = await accounts.database_now(session)
    free = free_lines_at(per_hour, spent, summary.deferred, now)
    return forecast(summary.to_send, summary.deferred, per_hour, free, now)
