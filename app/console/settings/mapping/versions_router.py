"""`/console/stores/{id}/settings/versions`: what changed, by whom; restoring."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.menu import store_path
from app.console.settings.page import load_store, show

router = APIRouter(
    prefix="/stores/{store_id}/settings/versions", route_class=ConsoleRoute
)
Part = Literal["mapping", "categories", "settings"]


@router.get("")
async def get_versions(
    visit: CurrentVisit,
    store_id: UUID,
    part: Part = "mapping",
    cursor: str | None = None,
) -> Response:
    return await _show(visit, store_id, part, cursor)


@router.post("/{part}/{number}/restore")
async def restore(
    visit: CurrentVisit, store_id: UUID, part: Part, number: int, form: GivenForm
) -> Response:
    path = f"/v1/stores/{store_id}/versions/{part}/{number}/restore"
    try:
        await visit.api.post(path, key=form.key, if_match=form.optional("etag"))
    except ApiProblem as problem:
        return await _show(visit, store_id, part, None, **with_problem(problem, form))
    where = f"{store_path(store_id, '/versions')}?part={part}"
    return visit.redirect(where, f"Version {number} is restored as a new version.")


async def _show(
    visit: Visit,
    store_id: UUID,
    part: Part,
    cursor: str | None,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    store = await load_store(visit, store_id)
    path = f"{store.path}/versions/{part}"
    versions = await visit.api.get(path, cursor=cursor, limit=20)
    return show(
        *(visit, "versions.html", "versions", "Versions", store),
        part=part,
        parts=("mapping", "categories", "settings"),
        versions=versions,
        is_first_page=cursor is None,
        **values,
    )
