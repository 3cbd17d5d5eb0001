"""`/console/publications`: runs of one store, or of all."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.forwarding import ForwardedResponse
from app.console.core.visit import CurrentVisit, Visit
from app.console.publications import view

router = APIRouter(route_class=ConsoleRoute)
SECTION = "publications"
PER_PAGE = 25
Decision = Literal["approve", "reject"]
Text = Annotated[str, Query(max_length=200)]


@router.get("/publications")
async def get_publications(
    visit: CurrentVisit, state: Text = "", cursor: str | None = None
) -> Response:
    runs, stores = await together(
        visit.api.get("/v1/publications", state=state, cursor=cursor, limit=PER_PAGE),
        visit.api.get("/v1/stores", limit=1000),
    )
    names = {store["id"]: store["name"] for store in stores["items"]}
    return _history(visit, runs, names=names)


@router.get("/stores/{store_id}/publications")
async def get_publications_of_store(
    store_id: UUID, visit: CurrentVisit, state: Text = "", cursor: str | None = None
) -> Response:
    path = f"/v1/stores/{store_id}"
    store, runs, activity = await together(
        visit.api.get(path),
        visit.api.get(
            "/v1/publications",
            store_id=store_id,
            state=state,
            cursor=cursor,
            limit=PER_PAGE,
        ),
        visit.api.get(f"{path}/publication-activity"),
    )
    rows = view.plot_rows(activity["days"])
    return _history(visit, runs, store=store, rows=rows)


def _history(
    visit: Visit,
    runs: Json,
    store: Json | None = None,
    rows: object = None,
    names: object = None,
) -> Response:
    return visit.page(
        "publications/history.html",
        section=SECTION,
        title="Publications",
        store=store,
        runs=runs,
        rows=rows,
        names=names or {},
        view=view,
    )


@router.post("/stores/{store_id}/publications")
async def publish(store_id: UUID, visit: CurrentVisit, form: GivenForm) -> Response:
    path = f"/v1/stores/{store_id}/publications"
    try:
        run = await visit.api.post(path, {"kind": "offers"}, key=form.key)
    except ApiProblem as problem:
        text = problem.detail
        return visit.redirect(f"/console/stores/{store_id}/publications", text, "bad")
    return visit.redirect(f"/console/publications/{run.body['id']}")


@router.get("/publications/{publication_id}")
async def get_publication(
    publication_id: UUID,
    visit: CurrentVisit,
    outcome: Text = "",
    reason: Text = "",
    code: Text = "",
    sku: Text = "",
    cursor: str | None = None,
) -> Response:
    path = f"/v1/publications/{publication_id}"
    filters = {"outcome": outcome, "reason": reason, "code": code, "sku": sku}
    run, errors, changes = await together(
        visit.api.get(path),
        visit.api.get(f"{path}/errors"),
        visit.api.get(f"{path}/changes", **filters, cursor=cursor, limit=50),
    )
    store_path = f"/v1/stores/{run['store_id']}"
    store, holds = await together(
        visit.api.get(store_path),
        visit.api.get(f"{store_path}/holds", state="pending", limit=100),
    )
    return visit.page(
        "publications/run.html",
        section=SECTION,
        title="Publication",
        store=store,
        run=run,
        progress=view.progress_of(run),
        errors=errors["items"],
        changes=changes,
        holds=view.held_here(holds["items"], str(publication_id)),
        filters=filters,
        view=view,
    )


@router.get("/publications/{publication_id}/fragment")
async def get_publication_part(publication_id: UUID, visit: CurrentVisit) -> Response:
    """The state of the run, which the page fetches again while it works."""
    run = await visit.api.get(f"/v1/publications/{publication_id}")
    return visit.fragment(
        "publications/progress.html",
        run=run,
        progress=view.progress_of(run),
        then=f"/console/publications/{publication_id}",
        view=view,
    )


@router.get("/publications/{publication_id}/changes.csv")
async def get_changes_csv(publication_id: UUID, visit: CurrentVisit) -> Response:
    path = f"/v1/publications/{publication_id}/changes"
    return ForwardedResponse(visit.request, visit.session, path, {"format": "csv"})


@router.get("/publications/{publication_id}/rejected.csv")
async def get_rejected_csv(publication_id: UUID, visit: CurrentVisit) -> Response:
    path = f"/v1/publications/{publication_id}/rejected.csv"
    return ForwardedResponse(visit.request, visit.session, path)


EFFECTS = {
    "approve": "All changes that this publication holds are sent to Back Market with "
    "the next run.",
    "reject": "The listings stay as they are until the catalog has other values.",
}


@router.get("/publications/{publication_id}/decide")
async def confirm_decision(
    publication_id: UUID, visit: CurrentVisit, decision: Decision
) -> Response:
    """The confirmation without the script."""
    path = f"/console/publications/{publication_id}"
    return visit.page(
        "confirm/page.html",
        section=SECTION,
        title=f"{decision.capitalize()} all held changes?",
        action=f"{path}/decide",
        label=decision.capitalize(),
        effect=EFFECTS[decision],
        back=path,
        fields=[("decision", decision)],
    )


@router.post("/publications/{publication_id}/decide")
async def decide(
    publication_id: UUID, visit: CurrentVisit, form: GivenForm
) -> Response:
    """Approve or reject the named SKUs, or all."""
    decision = "approve" if form.text("decision") == "approve" else "reject"
    page = f"/console/publications/{publication_id}"
    path = f"/v1/publications/{publication_id}/{decision}"
    try:
        answer = await visit.api.post(path, _which(form), key=form.key)
    except ApiProblem as problem:
        return visit.redirect(page, problem.detail, "bad")
    return visit.redirect(page, view.decision_text(decision, answer.body))


def _which(form: Form) -> Json:
    skus = form.texts("sku")
    return {"skus": skus} if skus else {"all": True}
