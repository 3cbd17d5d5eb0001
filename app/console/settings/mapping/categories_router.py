"""`/console/stores/{id}/settings/categories`: categories with their commission."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.mapping.categories import (
    PAGE,
    category_rows,
    key_of,
    with_target,
)
from app.console.settings.menu import store_path
from app.console.settings.page import StoreAt, load_store, show
from app.console.settings.publishing.fields import integer, number

router = APIRouter(
    prefix="/stores/{store_id}/settings/categories", route_class=ConsoleRoute
)
Source = Annotated[str, Query(min_length=1, max_length=300)]
FOUND = 30
PAGES_OF_TREE = 5
"""Each has 1,000 leaves; Back Market has fewer than that many."""


@router.get("")
async def get_categories(
    visit: CurrentVisit,
    store_id: UUID,
    cursor: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    store = await load_store(visit, store_id)
    categories, paths = await together(
        visit.api.get(f"{store.path}/categories"), _paths(visit, store)
    )
    rows = category_rows(categories, paths)
    end = cursor + PAGE
    return show(
        *(visit, "categories.html", "categories", "Categories", store),
        rows=rows[cursor:end],
        next=str(end) if len(rows) > end else None,
        unmapped=sum(row.category_id is None for row in rows),
    )


@router.get("/edit")
async def get_category(
    visit: CurrentVisit, store_id: UUID, source: Source, q: str | None = None
) -> Response:
    return await _show(visit, store_id, source, q)


@router.post("/edit")
async def save_category(
    visit: CurrentVisit, store_id: UUID, source: Source, form: GivenForm
) -> Response:
    """With `action=remove` rows of the category are not sold."""
    chosen: Json | None = {
        "category_id": integer(form.text("category_id")),
        "cpa": number(form.text("cpa")),
    }
    if form.text("action") == "remove":
        chosen = None
    path = f"/v1/stores/{store_id}/categories"
    try:
        items = (await visit.api.get(path))["items"]
        body = {"items": with_target(items, source, chosen)}
        await visit.api.put(path, body, if_match=form.optional("etag"))
    except ApiProblem as problem:
        shown = with_problem(problem, form)
        return await _show(visit, store_id, source, form.text("q"), **shown)
    done = f"{source}: saved. The newest catalog is imported again."
    return visit.redirect(store_path(store_id, "/categories"), done)


async def _show(
    visit: Visit,
    store_id: UUID,
    source: str,
    q: str | None,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    """The leaves that have the words, and the current one."""
    store = await load_store(visit, store_id)
    words = source if q is None else q
    categories, leaves = await together(
        visit.api.get(f"{store.path}/categories"),
        _leaves(visit, store, q=words[:200], limit=FOUND),
    )
    current = next(
        (i for i in categories["items"] if key_of(i["source"]) == key_of(source)), None
    )
    form = {"category_id": "", "cpa": ""} | {
        k: str(v) for k, v in (current or {}).items()
    }
    return show(
        *(visit, "category.html", "categories", source, store),
        source=source,
        q=words,
        leaves=leaves["items"],
        snapshot=leaves["snapshot"],
        target=current,
        fields=["category_id", "cpa"],
        **{"form": form, **values},
    )


async def _leaves(visit: Visit, store: StoreAt, **query: object) -> Json:
    path = "/v1/channel/categories"
    found: Json = await visit.api.get(
        path, store_id=store.body["id"], leaf=True, **query
    )
    return found


async def _paths(visit: Visit, store: StoreAt) -> dict[int, str]:
    """The name of each leaf, as far as Back Market's categories are known."""
    paths, cursor = dict[int, str](), None
    for _ in range(PAGES_OF_TREE):
        page = await _leaves(visit, store, cursor=cursor, limit=1000)
        paths |= {leaf["id"]: leaf["path"] for leaf in page["items"]}
        cursor = page["next"]
        if cursor is None:
            break
    return paths
