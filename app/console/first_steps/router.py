"""`/console/first-steps`: a new store; `/console/stores/{id}/first-steps`: the flow."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.forwarding import ForwardedResponse
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.first_steps import load, view

router = APIRouter(route_class=ConsoleRoute)
SECTION = "overview"
COUNTRIES = (
    *("AT", "AU", "BE", "DE", "ES", "FI", "FR", "GB", "GR", "IE", "IT", "JP", "NL"),
    *("PT", "SE", "SK", "US"),
)


def flow(store_id: UUID | str, part: str = "") -> str:
    return f"/console/stores/{store_id}/first-steps{part}"


@router.get("/first-steps")
async def get_new_store(visit: CurrentVisit) -> Response:
    return _new_store(visit)


@router.post("/first-steps")
async def create_store(visit: CurrentVisit, form: GivenForm) -> Response:
    body = {"name": form.text("name"), "country": form.text("country")}
    try:
        store = await visit.api.post("/v1/stores", body, key=form.key)
    except ApiProblem as problem:
        return _new_store(visit, **with_problem(problem, form))
    return visit.redirect(flow(store.body["id"]), "The store is created.")


def _new_store(visit: Visit, **more: Any) -> Response:  # noqa: ANN401 - see with_problem
    return visit.page(
        "first_steps/new.html",
        section=SECTION,
        title="A new store",
        countries=COUNTRIES,
        **more,
    )


@router.get("/stores/{store_id}/first-steps")
async def get_first_steps(
    store_id: UUID, visit: CurrentVisit, plan: UUID | None = None, edit: str = ""
) -> Response:
    return await _page(visit, store_id, plan=plan, edit=edit)


async def _page(
    visit: Visit,
    store_id: UUID,
    *,
    plan: UUID | None = None,
    edit: str = "",
    **more: Any,  # noqa: ANN401 - see with_problem
) -> Response:
    facts = await load.facts_of(visit.api, store_id)
    steps = view.steps_of(facts)
    current = edit or next((s.name for s in steps if s.state == "current"), "")
    details = await _details(visit, store_id, facts, current, plan)
    return visit.page(
        "first_steps/page.html",
        section=SECTION,
        title=f"First steps: {facts.store['name']}",
        store=facts.store,
        facts=facts,
        steps=steps,
        current=current,
        view=view,
        here=flow(store_id),
        **{**_NO_DETAILS, **details},
        **more,
    )


_NO_DETAILS: Json = {
    "rows": [],
    "columns": [],
    "preview": None,
    "leaves": [],
    "plan": None,
    "changes": [],
}


async def _details(
    visit: Visit, store_id: UUID, facts: view.Facts, current: str, plan: UUID | None
) -> Json:
    if current == "mapping":
        return await _mapping_details(visit, store_id, facts)
    if current == "categories":
        return await _category_details(visit, store_id)
    if current == "plan" and visit.session.may_write:
        return await _plan_details(visit, store_id, plan)
    return {}


async def _mapping_details(visit: Visit, store_id: UUID, facts: view.Facts) -> Json:
    attributes, proposal = await together(
        visit.api.get("/v1/channel/attributes", store_id=store_id),
        load.proposal_of(visit.api, store_id),
    )
    preview = None
    if proposal and visit.session.may_write:
        shown = {item["attribute"]: item["source"] for item in proposal["items"]}
        mapping = {"attributes": {**shown, **facts.mapping["attributes"]}}
        preview = await load.preview_of(visit.api, store_id, mapping)
    samples = preview["rows"] if preview else []
    offer = [each for each in attributes["items"] if each["part"] == "offer"]
    return {
        "rows": view.mapping_rows(offer, facts.mapping, proposal, samples),
        "columns": facts.mapping["catalog_columns"] or [],
    }


async def _category_details(visit: Visit, store_id: UUID) -> Json:
    leaves = await visit.api.get(
        "/v1/channel/categories", store_id=store_id, leaf=True, limit=1000
    )
    return {"leaves": leaves["items"]}


async def _plan_details(visit: Visit, store_id: UUID, plan: UUID | None) -> Json:
    preview = await load.preview_of(visit.api, store_id)
    if plan is None:
        return {"preview": preview}
    found, changes = await together(
        visit.api.get(f"/v1/plans/{plan}"),
        visit.api.get(f"/v1/plans/{plan}/changes", limit=500),
    )
    shown = view.dangerous_first(changes["items"])[:50]
    return {"preview": preview, "plan": found, "changes": shown}


@router.post("/stores/{store_id}/first-steps/token")
async def set_token(store_id: UUID, visit: CurrentVisit, form: GivenForm) -> Response:
    """Save the token, and read what is online with it: that checks it live."""
    path = f"/v1/stores/{store_id}"
    settings = await visit.api.get(f"{path}/settings")
    body = view.with_token(settings, form.text("environment"), form.text("token"))
    try:
        await visit.api.put(f"{path}/settings", body)
        await visit.api.post(f"{path}/listing-imports", key=form.key)
    except ApiProblem as problem:
        return await _again(visit, store_id, "token", problem, form)
    return visit.redirect(flow(store_id), "The token is saved; reading what is online.")


@router.post("/stores/{store_id}/first-steps/listings")
async def import_listings(
    store_id: UUID, visit: CurrentVisit, form: GivenForm
) -> Response:
    path = f"/v1/stores/{store_id}/listing-imports"
    return await _post(visit, store_id, path, None, form)


@router.get("/stores/{store_id}/first-steps/listings/fragment")
async def get_listings_part(store_id: UUID, visit: CurrentVisit) -> Response:
    page = await visit.api.get(f"/v1/stores/{store_id}/listing-imports", limit=1)
    return visit.fragment(
        "first_steps/listings.html",
        found=load.newest(page),
        here=flow(store_id),
        view=view,
        is_part=True,
    )


@router.post("/stores/{store_id}/first-steps/catalog")
async def upload_catalog(
    store_id: UUID, visit: CurrentVisit, form: GivenForm
) -> Response:
    """Without the script: a file in a form, up to the size of any other body."""
    file = form.file("file")
    if file is None:
        return visit.redirect(flow(store_id), "Choose a file first.", "bad")
    kind = file.content_type or "application/octet-stream"
    path = f"/v1/stores/{store_id}/catalogs"
    try:
        await visit.api.upload(path, await file.read(), kind, key=form.key)
    except ApiProblem as problem:
        return visit.redirect(flow(store_id), problem.detail, "bad")
    return visit.redirect(flow(store_id))


@router.post("/stores/{store_id}/first-steps/upload")
async def stream_catalog(store_id: UUID, visit: CurrentVisit) -> Response:
    """With the script: the file itself, of any size, as a stream."""
    path = f"/v1/stores/{store_id}/catalogs"
    return ForwardedResponse(visit.request, visit.session, path)


@router.get("/stores/{store_id}/first-steps/catalog/fragment")
async def get_catalog_part(store_id: UUID, visit: CurrentVisit) -> Response:
    page = await visit.api.get(f"/v1/stores/{store_id}/catalogs", limit=1)
    return visit.fragment(
        "first_steps/catalog.html",
        catalog=load.newest(page),
        here=flow(store_id),
        view=view,
        is_part=True,
    )


@router.post("/stores/{store_id}/first-steps/mapping")
async def set_mapping(store_id: UUID, visit: CurrentVisit, form: GivenForm) -> Response:
    path = f"/v1/stores/{store_id}/mapping"
    mapping, proposal = await together(
        visit.api.get(path), load.proposal_of(visit.api, store_id)
    )
    chosen = {
        name.removeprefix(view.COLUMN): column
        for name, column in form.values().items()
        if name.startswith(view.COLUMN)
    }
    try:
        await visit.api.put(path, view.new_mapping(chosen, mapping, proposal))
    except ApiProblem as problem:
        return await _again(visit, store_id, "mapping", problem, form)
    return visit.redirect(flow(store_id), "The mapping is saved.")


@router.post("/stores/{store_id}/first-steps/categories")
async def set_categories(
    store_id: UUID, visit: CurrentVisit, form: GivenForm
) -> Response:
    path = f"/v1/stores/{store_id}/categories"
    items = view.new_categories(form.values(), await visit.api.get(path))
    try:
        await visit.api.put(path, {"items": items})
    except ApiProblem as problem:
        return await _again(visit, store_id, "categories", problem, form)
    return visit.redirect(flow(store_id), "The categories are saved.")


@router.get("/stores/{store_id}/first-steps/categories/fragment")
async def get_categories_part(store_id: UUID, visit: CurrentVisit) -> Response:
    """The page waits for the categories of a catalog that is read again."""
    categories = await visit.api.get(f"/v1/stores/{store_id}/categories")
    return visit.fragment(
        "first_steps/categories.html",
        found=bool(categories["found_in_catalog"]),
        here=flow(store_id),
    )


@router.post("/stores/{store_id}/first-steps/plan")
async def make_plan(store_id: UUID, visit: CurrentVisit, form: GivenForm) -> Response:
    path = f"/v1/stores/{store_id}/plans"
    try:
        plan = await visit.api.post(path, {"kind": "offers"}, key=form.key)
    except ApiProblem as problem:
        return await _again(visit, store_id, "plan", problem, form)
    return visit.redirect(f"{flow(store_id)}?plan={plan.body['id']}&edit=plan")


@router.get("/stores/{store_id}/first-steps/plan/{plan_id}/fragment")
async def get_plan_part(store_id: UUID, plan_id: UUID, visit: CurrentVisit) -> Response:
    plan = await visit.api.get(f"/v1/plans/{plan_id}")
    return visit.fragment(
        "first_steps/plan.html",
        plan=plan,
        here=flow(store_id),
        is_part=True,
    )


@router.post("/stores/{store_id}/first-steps/activate")
async def activate(store_id: UUID, visit: CurrentVisit, form: GivenForm) -> Response:
    """Activate, then publish: exactly the plan, if one is named."""
    path = f"/v1/stores/{store_id}"
    body = {"kind": "offers", "plan_id": form.optional("plan")}
    try:
        await visit.api.put(f"{path}/activation")
        run = await visit.api.post(f"{path}/publications", body, key=form.key)
    except ApiProblem as problem:
        return await _again(visit, store_id, "plan", problem, form)
    text = "The store is active. Its first publication has started."
    return visit.redirect(f"/console/publications/{run.body['id']}", text)


async def _post(
    visit: Visit, store_id: UUID, path: str, body: Json | None, form: Form
) -> Response:
    try:
        await visit.api.post(path, body, key=form.key)
    except ApiProblem as problem:
        return visit.redirect(flow(store_id), problem.detail, "bad")
    return visit.redirect(flow(store_id))


async def _again(
    visit: Visit, store_id: UUID, step: str, problem: ApiProblem, form: Form
) -> Response:
    """The same step, with what was wrong."""
    return await _page(visit, store_id, edit=step, **with_problem(problem, form))
