"""All pages of the settings, and where `/console/settings` leads."""

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.visit import CurrentVisit
from app.console.settings.access.accounts_router import router as accounts
from app.console.settings.access.audit_router import router as audit
from app.console.settings.access.keys_router import router as keys
from app.console.settings.mapping.categories_router import router as categories
from app.console.settings.mapping.filters_router import router as filters
from app.console.settings.mapping.router import router as mapping
from app.console.settings.mapping.versions_router import router as versions
from app.console.settings.markets.drift_router import router as drift
from app.console.settings.markets.leaving_router import router as leaving
from app.console.settings.markets.source_router import router as source
from app.console.settings.notifications.alerts_router import router as alerts
from app.console.settings.notifications.webhooks_router import router as webhooks
from app.console.settings.page import show
from app.console.settings.publishing.activation_router import router as activation
from app.console.settings.publishing.router import router as publishing

router = APIRouter(route_class=ConsoleRoute)


@router.get("/settings")
async def get_settings(visit: CurrentVisit, cursor: str | None = None) -> Response:
    """Without a chosen store: the stores, and what all of them share."""
    stores = await visit.api.get("/v1/stores", cursor=cursor, limit=50)
    return show(visit, "index.html", "index", "Settings", stores=stores)


for page in (
    *(publishing, activation, filters, mapping, categories, versions),
    *(source, drift, leaving, keys, accounts, audit, webhooks, alerts),
):
    router.include_router(page)
