"""`/console/stores/{id}/settings/drift`: differences from what Back Market shows."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import together
from app.console.core.console_route import ConsoleRoute
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit
from app.console.settings.menu import store_path
from app.console.settings.page import load_store, show
from app.console.settings.publishing.fields import settings_body

router = APIRouter(prefix="/stores/{store_id}/settings/drift", route_class=ConsoleRoute)


@router.get("")
async def get_drift(
    visit: CurrentVisit, store_id: UUID, cursor: str | None = None
) -> Response:
    store = await load_store(visit, store_id)
    check, drift, settings = await together(
        visit.api.find(f"{store.path}/drift-checks"),
        visit.api.get(f"{store.path}/drift", cursor=cursor, limit=50),
        visit.api.get(f"{store.path}/settings"),
    )
    return show(
        *(visit, "drift.html", "drift", "Drift check", store),
        check=check,
        drift=drift,
        form={"drift": settings["drift"]},
    )


@router.get("/state")
async def get_state(visit: CurrentVisit, store_id: UUID) -> Response:
    """The part of the page that shows the progress."""
    check = await visit.api.find(f"/v1/stores/{store_id}/drift-checks")
    where = store_path(store_id)
    return visit.fragment("settings/drift_state.html", check=check, path_of_store=where)


@router.post("/check")
async def check_now(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    await visit.api.post(f"/v1/stores/{store_id}/drift-checks", key=form.key)
    return visit.redirect(store_path(store_id, "/drift"))


@router.post("")
async def choose(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    """Overwrite manual changes with the next run, or leave them."""
    path = f"/v1/stores/{store_id}/settings"
    current = await visit.api.get(path)
    body = settings_body(current) | {"drift": form.text("drift")}
    await visit.api.put(path, body, if_match=form.optional("etag"))
    return visit.redirect(store_path(store_id, "/drift"), "Saved.")
