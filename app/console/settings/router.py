"""All pages of the settings, and where `/console/settings` leads."""

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.visit import CurrentVisit
from app.console.settings.page import show
from app.console.settings.publishing.activation_router import router as activation
from app.console.settings.publishing.router import router as publishing

router = APIRouter(route_class=ConsoleRoute)


@router.get("/settings")
async def get_settings(visit: CurrentVisit, cursor: str | None = None) -> Response:
    """Without a chosen store: the stores, and what all of them share."""
    stores = await visit.api.get("/v1/stores", cursor=cursor, limit=50)
    return show(visit, "index.html", "index", "Settings", stores=stores)


for page in (publishing, activation):
    router.include_router(page)
