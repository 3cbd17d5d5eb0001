"""`/console/stores/{id}/settings/mapping`: attributes, one editor for each."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.display.formats import listed
from app.console.settings.mapping.conditions import (
    OPS,
    UnreadableRuleError,
    condition_text,
)
from app.console.settings.mapping.sources import (
    KINDS,
    source_fields,
    source_of,
    source_text,
    with_source,
)
from app.console.settings.mapping.steps import STEPS, arranged, count_steps
from app.console.settings.menu import store_path
from app.console.settings.page import StoreAt, load_store, show
from app.core.columns import new_id

router = APIRouter(
    prefix="/stores/{store_id}/settings/mapping", route_class=ConsoleRoute
)
AttributeName = Annotated[str, Path(max_length=200)]
SAMPLE = 10


@router.get("")
async def get_mapping(
    visit: CurrentVisit, store_id: UUID, category: int | None = None
) -> Response:
    store, mapping, attributes, categories = await _load(visit, store_id, category)
    known = {each["name"] for each in attributes}
    return show(
        *(visit, "mapping.html", "mapping", "Mapping", store),
        mapping=mapping,
        attributes=attributes,
        others=[name for name in mapping["attributes"] if name not in known],
        targets=_targets(categories),
        source_text=source_text,
        condition_text=condition_text,
    )


def _targets(categories: Json) -> list[tuple[str, str]]:
    """The mapped categories, whose products may have attributes of their own."""
    sources: dict[int, list[str]] = {}
    for item in categories["items"]:
        sources.setdefault(item["category_id"], []).append(item["source"])
    return [(str(number), listed(names)) for number, names in sources.items()]


@router.get("/preview")
async def get_preview(visit: CurrentVisit, store_id: UUID) -> Response:
    """What an import of the newest catalog would do with the current mapping."""
    store = await load_store(visit, store_id)
    preview, problem = await _preview(visit, store, {"sample": 50})
    return show(
        *(visit, "mapping_preview.html", "mapping", "Preview", store),
        preview=preview,
        problem=problem,
    )


@router.get("/attributes/{name}")
async def get_attribute(
    visit: CurrentVisit,
    store_id: UUID,
    name: AttributeName,
    category: int | None = None,
) -> Response:
    return await _show(visit, store_id, name, category)


@router.post("/attributes/{name}")
async def change_attribute(
    visit: CurrentVisit,
    store_id: UUID,
    name: AttributeName,
    form: GivenForm,
    category: int | None = None,
) -> Response:
    """Adds or moves a step, previews, or saves. Only saving changes the mapping."""
    action = form.text("action")
    if action == "add":
        action = f"add:{form.text('add')}"
    try:
        if action == "save":
            await _save(visit, store_id, name, form)
            return visit.redirect(
                store_path(store_id, "/mapping"),
                f"{name}: saved. The newest catalog is imported again.",
            )
    except (ApiProblem, UnreadableRuleError) as error:
        problem = as_problem(error)
        return await _show(
            visit, store_id, name, category, **with_problem(problem, form)
        )
    fields = arranged(form.values(), action)
    return await _show(
        *(visit, store_id, name, category),
        previews=action == "preview",
        form=fields,
        etag=form.text("etag"),
    )


async def _save(visit: Visit, store_id: UUID, name: str, form: Form) -> None:
    path = f"/v1/stores/{store_id}/mapping"
    source = source_of(form.values())
    body = with_source(await visit.api.get(path), name, source)
    await visit.api.put(path, body, if_match=form.optional("etag"))


def as_problem(error: ApiProblem | UnreadableRuleError) -> ApiProblem:
    if isinstance(error, ApiProblem):
        return error
    wrong = {"field": error.field, "code": "not_json", "message": error.message}
    wrong |= {"accepted": ""}
    return ApiProblem(422, {"detail": "A rule cannot be read.", "errors": [wrong]})


async def _load(
    visit: Visit, store_id: UUID, category: int | None
) -> tuple[StoreAt, Json, list[Json], Json]:
    store = await load_store(visit, store_id)
    where = {"store_id": store_id, "category": category} if category else {}
    mapping, attributes, categories = await together(
        visit.api.get(f"{store.path}/mapping"),
        visit.api.get("/v1/channel/attributes", **where),
        visit.api.get(f"{store.path}/categories"),
    )
    return store, mapping, attributes["items"], categories


async def _show(
    visit: Visit,
    store_id: UUID,
    name: str,
    category: int | None,
    *,
    previews: bool = False,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    store, mapping, attributes, _ = await _load(visit, store_id, category)
    usual = {"name": name, "label": name, "required": False, "type": "text"}
    usual |= {"accepted": [], "help": "An attribute of products of one category."}
    attribute = next((each for each in attributes if each["name"] == name), usual)
    form = values.pop("form", None) or source_fields(mapping["attributes"].get(name))
    if previews:
        values |= await _previewed(visit, store, with_draft(mapping, name, form))
    return show(
        *(visit, "attribute.html", "mapping", str(attribute["label"]), store),
        mapping=mapping,
        attribute=attribute,
        category=category,
        form=form,
        steps=count_steps(form),
        kinds=KINDS,
        step_types=STEPS,
        ops=OPS,
        fields=list(form),
        **values,
    )


def with_draft(mapping: Json, name: str, form: dict[str, str]) -> Json | ApiProblem:
    """The mapping with the draft of a form, or what is wrong with the draft."""
    try:
        return with_source(mapping, name, source_of(form))
    except UnreadableRuleError as error:
        return as_problem(error)


async def _previewed(visit: Visit, store: StoreAt, draft: Json | ApiProblem) -> Json:
    if isinstance(draft, ApiProblem):
        return {"problem": draft, "status": draft.status}
    body = {"mapping": draft, "sample": SAMPLE}
    preview, problem = await _preview(visit, store, body)
    status = problem.status if problem else 200
    return {"preview": preview, "problem": problem, "status": status}


async def _preview(
    visit: Visit, store: StoreAt, body: Json
) -> tuple[Json | None, ApiProblem | None]:
    """Nothing is changed by it, so each one has a key of its own."""
    try:
        path = f"{store.path}/mapping/preview"
        return (await visit.api.post(path, body, key=str(new_id()))).body, None
    except ApiProblem as problem:
        return None, problem
