"""Which service function does which kind of job."""

from functools import partial

from app.accounts.account_client import Tools as CallingTools
from app.accounts.connection import check_connection
from app.catalogs.imports import job as import_job
from app.drift import context as walking
from app.drift import job as drift_job
from app.jobs.frame import GiveUp
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.orders.actions import execute as execute_action
from app.orders.actions import finish as order_ending
from app.orders.sync import job as order_sync
from app.orders.sync import scheduling as order_requests
from app.publications import scheduling
from app.publications.execution import finish, run
from app.publications.previews import preview
from app.sources import pull
from app.stores.categories import refresh
from app.stores.categories import scheduling as categories
from workers.context import WorkerContext
from workers.runner import Handler


def handlers_of(context: WorkerContext) -> dict[str, Handler]:
    """Every kind of job with what to do, and what to do when it cannot be done."""
    importing = import_job.Tools(context.settings, context.database, context.storage)
    calling = CallingTools(
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
        return await import_job.bring_up_to_date(importing, lease)

    async def give_up_import(lease: Lease, reason: GiveUp) -> None:
        await import_job.give_up(importing, lease, reason)

    async def publish(lease: Lease) -> Snooze | None:
        return await run.publish(calling, lease)

    async def give_up_publication(lease: Lease, reason: GiveUp) -> None:
        await finish.fail_unopened(
            calling, lease, reason.code, reason.message, keep_job=True
        )

    async def check(lease: Lease) -> None:
        works_again = await check_connection(
            context.database, context.back_market, context.vault, lease.subject_id
        )
        async with context.database.transaction() as tx:
            if works_again:
                await scheduling.request_for_account(tx, lease.subject_id)
                await categories.request_for_account(tx, lease.subject_id)
                await order_requests.request(tx, lease.subject_id)
            await lease.finish(tx.session)

    async def leave(_lease: Lease, _reason: GiveUp) -> None:
        """A connection check that cannot be made leaves the light as it is."""

    return {
        JobKind.IMPORT: Handler(import_catalog, give_up_import),
        JobKind.PUBLISH: Handler(publish, give_up_publication),
        JobKind.PLAN: Handler(
            partial(preview.make, calling), partial(preview.give_up, calling)
        ),
        JobKind.CHECK_CONNECTION: Handler(check, leave),
        JobKind.REFRESH_CATEGORIES: Handler(
            partial(refresh.refresh, fetching), partial(refresh.give_up, fetching)
        ),
        JobKind.PULL_CATALOG: _for_sources(context),
        **_for_orders(calling),
    }


def _for_sources(context: WorkerContext) -> Handler:
    pulling = pull.open_tools(
        context.settings, context.database, context.storage, context.vault
    )
    return Handler(partial(pull.pull, pulling), partial(pull.give_up, pulling))


def _for_orders(calling: CallingTools) -> dict[str, Handler]:

    async def sync_orders(lease: Lease) -> Snooze | None:
        return await order_sync.sync(calling, lease)

    async def give_up_sync(lease: Lease, reason: GiveUp) -> None:
        await order_sync.ROW.fail(
            calling, lease, reason.code, reason.message, keep_job=True
        )

    async def act_on_order(lease: Lease) -> Snooze | None:
        return await execute_action.act(calling, lease)

    async def give_up_action(lease: Lease, reason: GiveUp) -> None:
        await order_ending.fail(
            calling, lease, reason.code, reason.message, keep_job=True
        )

    async def confirm(lease: Lease) -> Snooze | None:
        return await drift_job.sweep(calling, lease)

    async def give_up_drift_check(lease: Lease, reason: GiveUp) -> None:
        await walking.ROW.fail(
            calling, lease, reason.code, reason.message, keep_job=True
        )

    return {
        JobKind.DRIFT_CHECK: Handler(confirm, give_up_drift_check),
        JobKind.SYNC_ORDERS: Handler(sync_orders, give_up_sync),
        JobKind.ORDER_ACTION: Handler(act_on_order, give_up_action),
    }
