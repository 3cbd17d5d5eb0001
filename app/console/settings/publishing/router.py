"""`/console/stores/{id}/settings`: API settings, brake and margin, automations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.durations import SUGGESTED
from app.console.settings.menu import store_path
from app.console.settings.page import StoreAt, load_store, show
from app.console.settings.publishing.automations import (
    automation_fields,
    with_automation_fields,
)
from app.console.settings.publishing.fields import (
    API_FIELDS,
    api_fields,
    brake_fields,
    with_api_fields,
    with_brake_fields,
)

router = APIRouter(prefix="/stores/{store_id}/settings", route_class=ConsoleRoute)


@dataclass(frozen=True, slots=True)
class Part:
    """One page of the settings: how it shows them, and what a form changes."""

    name: str
    title: str
    page: str
    shown: Callable[[Json], dict[str, str]]
    changed: Callable[[Json, Form], Json]


API = Part("api", "API settings", "", api_fields, with_api_fields)
BRAKE = Part("brake", "Brake and margin", "/brake", brake_fields, with_brake_fields)
AUTOMATIONS = Part(
    *("automations", "Automations", "/automations"),
    automation_fields,
    with_automation_fields,
)


@router.get("")
async def get_api_settings(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id, API)


@router.post("")
async def save_api_settings(
    visit: CurrentVisit, store_id: UUID, form: GivenForm
) -> Response:
    return await _save(visit, store_id, API, form)


@router.get("/brake")
async def get_brake(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id, BRAKE)


@router.post("/brake")
async def save_brake(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    return await _save(visit, store_id, BRAKE, form)


@router.get("/automations")
async def get_automations(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id, AUTOMATIONS)


@router.post("/automations")
async def save_automations(
    visit: CurrentVisit, store_id: UUID, form: GivenForm
) -> Response:
    return await _save(visit, store_id, AUTOMATIONS, form)


@router.get("/connection")
async def get_connection(visit: CurrentVisit, store_id: UUID) -> Response:
    """The part of the page that shows whether Back Market accepts the token."""
    store = await load_store(visit, store_id)
    connection = await _connection(visit, store)
    return visit.fragment(
        "settings/connection.html", store=store.body, connection=connection
    )


async def _save(visit: Visit, store_id: UUID, part: Part, form: Form) -> Response:
    """The version of the page decides: another change in between is not undone."""
    path = f"/v1/stores/{store_id}/settings"
    try:
        current = await visit.api.get(path)
        body = part.changed(current, form)
        await visit.api.put(path, body, if_match=form.optional("etag"))
    except ApiProblem as problem:
        return await _show(visit, store_id, part, **with_problem(problem, form))
    return visit.redirect(store_path(store_id, part.page), f"{part.title}: saved.")


async def _show(
    visit: Visit,
    store_id: UUID,
    part: Part,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    store = await load_store(visit, store_id)
    settings = await visit.api.get(f"{store.path}/settings")
    fields = part.shown(settings)
    if part is API:
        values["connection"] = await _connection(visit, store)
    values = {"form": fields, **values}
    return show(
        *(visit, f"{part.name}.html", part.name, part.title, store),
        settings=settings,
        fields=[*fields, *API_FIELDS],
        suggested=SUGGESTED,
        **values,
    )


async def _connection(visit: Visit, store: StoreAt) -> Json | None:
    account = store.body["seller_account_id"]
    if account is None:
        return None
    found: Json = await visit.api.get(f"/v1/seller-accounts/{account}")
    return dict(found["connection"])
