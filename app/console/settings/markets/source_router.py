"""`/console/stores/{id}/settings/source`: the catalog that is pulled from a URL."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.durations import SUGGESTED, duration_iso, duration_text
from app.console.settings.menu import store_path
from app.console.settings.page import load_store, show
from app.console.settings.publishing.fields import integer

router = APIRouter(
    prefix="/stores/{store_id}/settings/source", route_class=ConsoleRoute
)
TEXTS = ("separator", "quote_char", "encoding", "sheet")
FIELDS = ["url", "interval", "username", "password", *TEXTS, "header_row"]


@router.get("")
async def get_source(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id)


@router.post("")
async def save_source(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    path = f"/v1/stores/{store_id}/catalog-source"
    try:
        await visit.api.put(path, source_body(form), if_match=form.optional("etag"))
    except ApiProblem as problem:
        return await _show(visit, store_id, **with_problem(problem, form))
    return visit.redirect(store_path(store_id, "/source"), "The source is saved.")


@router.post("/pull")
async def pull(visit: CurrentVisit, store_id: UUID, form: GivenForm) -> Response:
    try:
        path = f"/v1/stores/{store_id}/catalog-source/pull"
        await visit.api.post(path, key=form.key)
    except ApiProblem as problem:
        return await _show(visit, store_id, **with_problem(problem, form))
    return visit.redirect(store_path(store_id, "/source"))


@router.post("/delete")
async def delete_source(
    visit: CurrentVisit, store_id: UUID, form: GivenForm
) -> Response:
    path = f"/v1/stores/{store_id}/catalog-source"
    await visit.api.delete(path, if_match=form.optional("etag"))
    return visit.redirect(store_path(store_id, "/source"), "The source is deleted.")


@router.get("/state")
async def get_state(visit: CurrentVisit, store_id: UUID) -> Response:
    """The part of the page that shows the last pull."""
    source = await visit.api.get(f"/v1/stores/{store_id}/catalog-source")
    where = store_path(store_id)
    return visit.fragment(
        "settings/source_state.html", source=source, path_of_store=where
    )


def source_body(form: Form) -> Json:
    """An empty password keeps the current one. Pure."""
    auth = {"username": form.text("username"), "password": form.optional("password")}
    return {
        "url": form.text("url"),
        "scheduled": form.flag("scheduled"),
        "interval": duration_iso(form.text("interval")) or None,
        "auth": auth if form.text("username") else None,
        "header_row": integer(form.text("header_row"))
        if form.text("header_row")
        else None,
        **{name: form.optional(name) for name in TEXTS},
    }


async def _show(visit: Visit, store_id: UUID, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    store = await load_store(visit, store_id)
    source = await visit.api.find(f"{store.path}/catalog-source")
    return show(
        *(visit, "source.html", "source", "Catalog source", store),
        source=source,
        suggested=SUGGESTED,
        **({"form": source_fields(source), "fields": FIELDS} | values),
    )


def source_fields(source: Json | None) -> dict[str, str]:
    if source is None:
        return {"scheduled": "on"}
    shown = {name: str(source.get(name) or "") for name in ("url", "username", *TEXTS)}
    shown["interval"] = duration_text(source["interval"])
    row = source.get("header_row")
    shown["header_row"] = "" if row is None else str(row)
    return shown | ({"scheduled": "on"} if source["scheduled"] else {})
