"""`/console/`: all stores at a glance."""

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.visit import CurrentVisit
from app.console.display.navigation import section_url
from app.console.overview.view import cards

router = APIRouter(route_class=ConsoleRoute)


@router.get("/")
async def get_overview(visit: CurrentVisit, cursor: str | None = None) -> Response:
    stores = await visit.api.get("/v1/store-summaries", cursor=cursor, days=30)
    return visit.page(
        "overview/page.html",
        section="overview",
        title="Overview",
        cards=cards(stores["items"]),
        next=stores["next"],
    )


@router.get("/switcher")
async def get_switcher(visit: CurrentVisit, section: str = "overview") -> Response:
    """The stores that the header's menu offers, loaded when it is opened."""
    stores = await visit.api.get("/v1/stores", limit=100)
    links = [(store, section_url(section, store)) for store in stores["items"]]
    return visit.fragment("overview/switcher.html", links=links, section=section)
