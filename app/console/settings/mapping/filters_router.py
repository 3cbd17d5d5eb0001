"""`/console/stores/{id}/settings/mapping/filters/...`: which rows are excluded."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.mapping.conditions import (
    OPS,
    UnreadableRuleError,
    condition_fields,
    condition_of,
)
from app.console.settings.mapping.router import as_problem
from app.console.settings.menu import store_path
from app.console.settings.page import load_store, show

router = APIRouter(
    prefix="/stores/{store_id}/settings/mapping/filters", route_class=ConsoleRoute
)
Position = Annotated[int, Path(ge=0, le=50)]
"""Of the filter, from 0; that after the last one is a new filter."""


@router.get("/{position}")
async def get_filter(
    visit: CurrentVisit, store_id: UUID, position: Position
) -> Response:
    return await _show(visit, store_id, position)


@router.post("/{position}")
async def change_filter(
    visit: CurrentVisit, store_id: UUID, position: Position, form: GivenForm
) -> Response:
    removes = form.text("action") == "remove"
    try:
        await _put(visit, store_id, position, form, removes=removes)
    except (ApiProblem, UnreadableRuleError) as error:
        shown = with_problem(as_problem(error), form)
        return await _show(visit, store_id, position, **shown)
    done = "The filter is removed." if removes else "The filter is saved."
    return visit.redirect(store_path(store_id, "/mapping"), done)


async def _put(
    visit: Visit, store_id: UUID, position: int, form: Form, *, removes: bool
) -> None:
    path = f"/v1/stores/{store_id}/mapping"
    mapping = await visit.api.get(path)
    body = with_filter(mapping, position, None if removes else _filter(form))
    await visit.api.put(path, body, if_match=form.optional("etag"))


def _filter(form: Form) -> Json:
    values = form.values()
    return {"name": form.text("name"), "when": condition_of(values, "when")}


def with_filter(mapping: Json, position: int, given: Json | None) -> Json:
    """The mapping with another filter at the position; None removes it. Pure."""
    filters = list(mapping["filters"])
    filters[position : position + 1] = [given] if given else []
    return {"attributes": mapping["attributes"], "filters": filters}


async def _show(visit: Visit, store_id: UUID, position: int, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    store = await load_store(visit, store_id)
    mapping = await visit.api.get(f"{store.path}/mapping")
    known = dict(enumerate(mapping["filters"])).get(position)
    form = {"name": "", "when.kind": "column", "when.op": "equals"}
    if known:
        form = {"name": known["name"], **condition_fields(known["when"], "when")}
    values = {"form": form, **values}
    return show(
        *(visit, "filter.html", "mapping", "Filter", store),
        mapping=mapping,
        is_new=known is None,
        ops=OPS,
        fields=list(values["form"]),
        **values,
    )
