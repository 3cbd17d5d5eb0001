"""Creates the FastAPI application and the state that requests share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import APIRouter, Depends, FastAPI

from app.access.audit.router import router as audit_log
from app.access.router import router as access
from app.access.router import token_router as event_tokens
from app.alerts.router import router as alert_channels
from app.backmarket.client import BackMarket, open_client
from app.catalogs.mapping.preview import PreviewLimit
from app.catalogs.mapping.router import router as mapping_trials
from app.catalogs.router import router as catalogs
from app.console.router import router as console
from app.core.errors import PROBLEM_RESPONSES
from app.core.file_storage import Storage
from app.core.vault import Vault, open_vault
from app.database import Database, open_database
from app.departures.router import router as departures
from app.drift.imports.router import router as listing_imports
from app.drift.router import router as drift
from app.drift.unmatched.router import router as unmatched_listings
from app.events.router import router as events
from app.explain.router import router as explain
from app.health import router as health
from app.hooks.router import router as hooks
from app.hooks.router import secret_router as hook_secrets
from app.idempotency.middleware import Idempotency
from app.jobs import queue
from app.jobs.counters import Counters
from app.monitoring.figures import Figures
from app.monitoring.router import router as metrics
from app.orders.action_router import router as order_actions
from app.orders.bulk.router import router as bulk_actions
from app.orders.bulk.tracking_file import TrackingReads
from app.orders.personal_data.router import router as buyers
from app.orders.router import router as orders
from app.orders.service_cases.router import router as service_cases
from app.publications.budget.router import router as budgets
from app.publications.holds.router import router as holds
from app.publications.previews.router import router as plans
from app.publications.quick_updates.router import router as quick_updates
from app.publications.router import router as publications
from app.settings import Settings, load_settings, require
from app.sources.router import router as sources
from app.stores.accounts.router import router as accounts
from app.stores.channel_router import router as channel
from app.stores.history.router import router as history
from app.stores.router import router as stores
from app.summaries.router import router as summaries
from app.web.cors import allow_origins
from app.web.docs_page import router as docs_page
from app.web.event_stream import Streams
from app.web.exception_handlers import add_problem_handlers, unexpected
from app.web.middleware import RequestContext
from app.web.openapi import describe, operation_id
from app.web.query_parameters import refuse_unknown_parameters
from app.web.rate_limits import RateLimits, RefusedKeys
from app.webhook_endpoints.described import webhook_routes
from app.webhook_endpoints.router import router as webhook_endpoints

VERSION = "0.1.0"
ROUTERS: tuple[APIRouter, ...] = (
    stores,
    summaries,
    departures,
    history,
    channel,
    accounts,
    catalogs,
    sources,
    mapping_trials,
    explain,
    publications,
    quick_updates,
    budgets,
    drift,
    listing_imports,
    unmatched_listings,
    plans,
    holds,
    hooks,
    hook_secrets,
    webhook_endpoints,
    alert_channels,
    orders,
    buyers,
    order_actions,
    bulk_actions,
    service_cases,
    access,
    event_tokens,
    events,
    audit_log,
)


class AppState(TypedDict):
    """Resources that all requests share; opened once per process."""

    settings: Settings
    database: Database
    queue: queue.Queue
    storage: Storage
    vault: Vault
    back_market: BackMarket
    streams: Streams
    counters: Counters
    refused_keys: RefusedKeys
    preview_limit: PreviewLimit
    tracking_reads: TrackingReads
    figures: Figures


@asynccontextmanager
async def open_state(settings: Settings, streams: Streams) -> AsyncIterator[AppState]:
    """Open the shared resources; close them in reverse order."""
    require(settings, "database_url", "redis_url", "secret_key", "admin_key")
    assert settings.database_url is not None  # noqa: S101 - required just above
    assert settings.redis_url is not None  # noqa: S101 - required just above
    database_url = settings.database_url.get_secret_value()
    waker = queue.Queue(queue.connect(settings.redis_url.get_secret_value()))
    try:
        async with (
            open_database(database_url, waker, pool_size=20) as database,
            open_client(settings) as back_market,
        ):
            yield {
                "settings": settings,
                "database": database,
                "queue": waker,
                "storage": Storage(settings.uploads),
                "vault": open_vault(settings),
                "back_market": back_market,
                "streams": streams,
                "counters": Counters(waker.redis),
                "refused_keys": RefusedKeys(),
                "preview_limit": PreviewLimit(),
                "tracking_reads": TrackingReads(),
                "figures": Figures(database, settings),
            }
    finally:
        await waker.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The API. Settings are read from the environment unless given."""
    known = settings or load_settings()
    streams = Streams(known.streams_per_key)
    app = FastAPI(
        title="refeed",
        version=VERSION,
        lifespan=lambda _: open_state(known, streams),
        generate_unique_id_function=operation_id,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if known.api_docs else None,
    )
    app.state.streams = streams
    checked = [Depends(refuse_unknown_parameters)]
    for router in ROUTERS:
        app.include_router(router, responses=PROBLEM_RESPONSES, dependencies=checked)
    app.include_router(health)
    app.include_router(metrics, responses=PROBLEM_RESPONSES, dependencies=checked)
    if known.api_docs:
        app.include_router(docs_page)
    if known.console:
        app.include_router(console)
    add_problem_handlers(app)
    app.add_middleware(Idempotency)
    app.add_middleware(RateLimits)
    app.add_middleware(RequestContext, fallback=unexpected)
    allow_origins(app, known.cors_origins)
    app.openapi = lambda: describe(app, webhook_routes)  # type: ignore[method-assign]
    return app
