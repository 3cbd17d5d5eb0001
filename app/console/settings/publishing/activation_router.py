"""`/console/stores/{id}/settings/activation`: the lights, switching on and off."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.menu import store_path
from app.console.settings.page import load_store, show

router = APIRouter(
    prefix="/stores/{store_id}/settings/activation", route_class=ConsoleRoute
)


@router.get("")
async def get_activation(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id)


@router.post("/on")
async def activate(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    try:
        path = f"/v1/stores/{store_id}/activation"
        await visit.api.put(path, if_match=form.optional("etag"))
    except ApiProblem as problem:
        return await _show(visit, store_id, **with_problem(problem, form))
    return visit.redirect(store_path(store_id, "/activation"), "The store is active.")


@router.post("/off")
async def deactivate(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    """Stops publishing; `offers` says whether listings are set to 0."""
    path = f"/v1/stores/{store_id}/activation"
    try:
        await visit.api.delete(
            path, if_match=form.optional("etag"), offers=form.text("offers")
        )
    except ApiProblem as problem:
        return await _show(visit, store_id, **with_problem(problem, form))
    return visit.redirect(
        store_path(store_id, "/activation"), "The store is deactivated."
    )


async def _show(visit: Visit, store_id: UUID, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    store = await load_store(visit, store_id)
    lights, activation, departures = await together(
        visit.api.get(f"{store.path}/lights"),
        visit.api.get(f"{store.path}/activation"),
        visit.api.get("/v1/departures", store_id=store_id, limit=5),
    )
    return show(
        *(visit, "activation.html", "activation", "Activation", store),
        lights=lights,
        activation=activation,
        departures=departures["items"],
        can_start=_can_start(lights),
        **values,
    )


def _can_start(lights: dict[str, Any]) -> bool:
    """Whether the lights that activation needs are green."""
    needed = ("mapping", "categories", "api_settings")
    return all(lights[name]["state"] == "green" for name in needed)
