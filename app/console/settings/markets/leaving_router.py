"""Deleting a store, and the page that shows the result for its listings."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.page import load_store, show

router = APIRouter(route_class=ConsoleRoute)
ENDS = {"done", "failed", "cancelled"}


@router.get("/stores/{store_id}/settings/leaving")
async def get_leaving(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id)


@router.post("/stores/{store_id}/settings/leaving")
async def delete_store(
    visit: CurrentVisit, store_id: UUID, form: GivenForm
) -> Response:
    """`offers` says whether listings are set to 0; the store's name confirms."""
    try:
        store = await load_store(visit, store_id)
        require_name(form.text("name"), store.body["name"])
        answer = await visit.api.delete(
            store.path, if_match=form.optional("etag"), offers=form.text("offers")
        )
    except ApiProblem as problem:
        return await _show(visit, store_id, **with_problem(problem, form))
    return visit.redirect(f"/console/settings/departures/{answer.body['id']}")


@router.get("/settings/departures/{departure_id}")
async def get_departure(visit: CurrentVisit, departure_id: UUID) -> Response:
    departure = await visit.api.get(f"/v1/departures/{departure_id}")
    title = f"{departure['store_name']} leaves"
    return show(visit, "departure.html", "index", title, **_shown(departure))


@router.get("/settings/departures/{departure_id}/state")
async def get_departure_state(visit: CurrentVisit, departure_id: UUID) -> Response:
    departure = await visit.api.get(f"/v1/departures/{departure_id}")
    return visit.fragment("settings/departure_state.html", **_shown(departure))


def require_name(given: str, name: str) -> None:
    """Raises ApiProblem unless the name of the store was typed. Pure."""
    if given != name.strip():
        message = "Type the name of the store as it is shown."
        wrong = {"field": "name", "code": "not_the_name", "message": message}
        wrong |= {"accepted": name}
        raise ApiProblem(422, {"detail": "Nothing was deleted.", "errors": [wrong]})


def _shown(departure: Json) -> Json:
    return {"departure": departure, "is_open": departure["state"] not in ENDS}


async def _show(visit: Visit, store_id: UUID, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    store = await load_store(visit, store_id)
    usual = {"form": {"offers": "zero"}, "fields": ["name", "offers"]}
    return show(
        *(visit, "leaving.html", "leaving", "Delete the store", store),
        **(usual | values),
    )
