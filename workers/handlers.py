"""Maps each kind of job to its handler."""

from functools import partial
from typing import Any

from app.accounts.account_client import AccountServices
from app.accounts.connection import check_connection
from app.catalogs.imports import job as import_job
from app.drift.job import DriftCheckJob
from app.jobs.frame import GiveUp, Job
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.orders.actions.execute import OrderActionJob
from app.orders.sync import scheduling as order_sync
from app.orders.sync.job import OrderSyncJob
from app.publications import scheduling
from app.publications.execution import finish, run
from app.publications.previews import preview
from app.sources import pull
from app.stores.categories import refresh
from app.stores.categories import scheduling as categories
from workers.context import WorkerContext
from workers.runner import Handler


def handlers_of(context: WorkerContext) -> dict[str, Handler]:
    """A handler for every kind of job."""
    importing = import_job.ImportServices(
        context.settings, context.database, context.storage
    )
    services = AccountServices(
        context.settings,
        context.database,
        context.back_market,
        context.vault,
        context.storage,
    )
    fetching = refresh.RefreshContext(
        context.settings, context.database, context.back_market, context.vault
    )

    async def import_catalog(lease: Lease) -> Snooze | None:
        return await import_job.import_next(importing, lease)

    async def give_up_import(lease: Lease, reason: GiveUp) -> None:
        await import_job.give_up(importing, lease, reason)

    async def publish(lease: Lease) -> Snooze | None:
        return await run.publish(services, lease)

    async def give_up_publication(lease: Lease, reason: GiveUp) -> None:
        await finish.fail_unopened(
            services, lease, reason.code, reason.message, keep_job=True
        )

    async def check(lease: Lease) -> None:
        works_again = await check_connection(
            context.database, context.back_market, context.vault, lease.subject_id
        )
        async with context.database.transaction() as tx:
            if works_again:
                await scheduling.request_for_account(tx, lease.subject_id)
                await categories.request_for_account(tx, lease.subject_id)
                await order_sync.request(tx, lease.subject_id)
            await lease.finish(tx.session)

    async def keep_light(_lease: Lease, _reason: GiveUp) -> None:
        """A failed connection check does not change the light."""

    return {
        JobKind.IMPORT: Handler(import_catalog, give_up_import),
        JobKind.PUBLISH: Handler(publish, give_up_publication),
        JobKind.PLAN: Handler(
            partial(preview.make, services), partial(preview.give_up, services)
        ),
        JobKind.CHECK_CONNECTION: Handler(check, keep_light),
        JobKind.REFRESH_CATEGORIES: Handler(
            partial(refresh.refresh, fetching), partial(refresh.give_up, fetching)
        ),
        JobKind.PULL_CATALOG: _for_sources(context),
        JobKind.DRIFT_CHECK: _handler(DriftCheckJob(services)),
        JobKind.SYNC_ORDERS: _handler(OrderSyncJob(services)),
        JobKind.ORDER_ACTION: _handler(OrderActionJob(services)),
    }


def _for_sources(context: WorkerContext) -> Handler:
    pulling = pull.open_tools(
        context.settings, context.database, context.storage, context.vault
    )
    return Handler(partial(pull.pull, pulling), partial(pull.give_up, pulling))


def _handler(job: Job[Any]) -> Handler:
    return Handler(job.run, job.give_up)
