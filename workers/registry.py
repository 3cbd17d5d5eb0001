"""Maps each kind of job to its implementation."""

from typing import Any

from app.accounts.account_client import AccountServices
from app.accounts.connection import ConnectionCheckJob
from app.alerts.job import AlertJob, AlertServices
from app.catalogs.imports.job import ImportJob, ImportServices
from app.departures.job import DepartureJob
from app.drift.job import DriftCheckJob
from app.drift.other_markets.job import OtherMarketsJob
from app.jobs.frame import Job
from app.jobs.kinds import JobKind
from app.orders.actions.execute import OrderActionJob
from app.orders.automation.job import AutomationJob
from app.orders.service_cases.job import ServiceCaseJob
from app.orders.sync import scheduling as order_sync
from app.orders.sync.job import OrderSyncJob
from app.publications import scheduling as publications
from app.publications.execution.late_tasks import LateTasksJob
from app.publications.execution.run import PublishJob
from app.publications.previews.preview import PlanJob
from app.sources.download import open_pull_services
from app.sources.pull import PullJob
from app.stores.categories import scheduling as categories
from app.stores.categories.refresh import RefreshJob
from app.webhook_endpoints.job import DeliverJob, DeliveryServices
from workers.context import WorkerContext


def jobs_of(context: WorkerContext) -> dict[str, Job[Any]]:
    """What to do for every kind of job."""
    importing = ImportServices(context.settings, context.database, context.storage)
    services = AccountServices(
        context.settings,
        context.database,
        context.back_market,
        context.vault,
        context.storage,
    )
    pulling = open_pull_services(
        context.settings, context.database, context.storage, context.vault
    )
    delivering = DeliveryServices(
        context.settings, context.database, context.vault, pulling.client
    )
    alerting = AlertServices(context.settings, context.database, context.vault)
    recovered = (
        publications.request_for_account,
        categories.request_for_account,
        order_sync.request,
    )
    return {
        JobKind.IMPORT: ImportJob(importing),
        JobKind.PUBLISH: PublishJob(services),
        JobKind.RESOLVE_SUBMISSIONS: LateTasksJob(services),
        JobKind.PLAN: PlanJob(services),
        JobKind.CHECK_CONNECTION: ConnectionCheckJob(services, recovered),
        JobKind.REFRESH_CATEGORIES: RefreshJob(services),
        JobKind.PULL_CATALOG: PullJob(pulling),
        JobKind.DELIVER_EVENTS: DeliverJob(delivering),
        JobKind.SEND_ALERTS: AlertJob(alerting),
        JobKind.DEPARTURE: DepartureJob(services),
        JobKind.DRIFT_CHECK: DriftCheckJob(services),
        JobKind.CHECK_OTHER_MARKETS: OtherMarketsJob(services),
        JobKind.SYNC_ORDERS: OrderSyncJob(services),
        JobKind.FETCH_SERVICE_CASES: ServiceCaseJob(services),
        JobKind.AUTOMATE_ORDERS: AutomationJob(context.database),
        JobKind.ORDER_ACTION: OrderActionJob(services),
    }
