"""All pages of the settings, and where `/console/settings` leads."""

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.visit import CurrentVisit
from app.console.settings.mapping.categories_router import router as categories
from app.console.settings.mapping.filters_router import router as filters
from app.console.settings.mapping.router import router as mapping
from app.console.settings.mapping.versions_router import router as versions
from app.console.settings.page import show
from app.console.settings.publishing.activation_router import router as activation
from app.console.settings.publishing.router import router as publishing

router = APIRouter(route_class=ConsoleRoute)


@router.get("/settings")
async def get_settings(visit: CurrentVisit, cursor: str | None = None) -> Response:
    """Without a chosen store: the stores, and what all of them share."""
    stores = await visit.api.get("/v1/stores", cursor=cursor, limit=50)
    return show(visit, "index.html", "index", "Settings", stores=stores)


for page in (publishing, activation, filters, mapping, categories, versions):
    router.include_router(page)
