"""Mounts the pages at `/console`. A new page adds its router to `PAGES`."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.static_routes import router as static_files
from app.console.first_steps.router import router as first_steps
from app.console.offers.router import router as offers
from app.console.offers.unmatched_router import router as unmatched
from app.console.orders.bulk_router import router as bulk
from app.console.orders.order_router import router as order
from app.console.orders.router import router as orders
from app.console.overview.router import router as overview
from app.console.publications.router import router as publications
from app.console.settings.router import router as settings
from app.console.sign_in.router import router as sign_in

PAGES = (
    *(sign_in, overview, first_steps, publications),
    *(offers, unmatched, orders, bulk, order, settings),
)

router = APIRouter(prefix="/console", include_in_schema=False, route_class=ConsoleRoute)
last = APIRouter(route_class=ConsoleRoute)


@router.get("")
async def get_start() -> Response:
    return RedirectResponse("/console/", status_code=308)


@last.api_route("/{path:path}", methods=["GET", "POST"])
async def get_no_page() -> Response:
    detail = "There is no such page. Check the address, or start at the overview."
    raise ApiProblem(404, {"detail": detail})


for page in (static_files, *PAGES, last):
    router.include_router(page)
