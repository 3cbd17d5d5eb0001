"""`/console/stores/{id}/offers/unmatched`: listings that no catalog row names."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import together
from app.console.core.console_route import ConsoleRoute
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit
from app.console.offers import view
from app.console.offers.router import LIMIT, OF_STORE, Url

router = APIRouter(route_class=ConsoleRoute)
DECISIONS = ("ignore", "zero")


@router.get(f"{OF_STORE}/unmatched")
async def list_unmatched(visit: CurrentVisit, store_id: UUID, url: Url) -> Response:
    query = visit.request.query_params
    asked = {name: query.get(name) for name in ("q", "decision", "cursor")}
    path = f"/v1/stores/{store_id}"
    store, found = await together(
        visit.api.get(path),
        visit.api.get(f"{path}/unmatched-listings", **asked, limit=LIMIT),
    )
    return visit.page(
        "offers/unmatched.html",
        section="offers",
        title="Unmatched listings",
        store=store,
        found=found,
        url=url,
        view=view,
    )


@router.post(f"{OF_STORE}/unmatched")
async def decide(
    visit: CurrentVisit, store_id: UUID, url: Url, form: GivenForm
) -> Response:
    """First a confirmation that names effect and number, then the decision."""
    decision = form.text("decision")
    back = f"{url}/unmatched"
    which = {"q": form.text("q"), "decision": form.text("which")}
    skus = [] if form.flag("every") else form.texts("sku")
    if decision not in DECISIONS or not (skus or form.flag("every")):
        return visit.redirect(back, "Choose listings first.", "bad")
    path = f"/v1/stores/{store_id}"
    if form.text("step") == "send":
        body = view.decision_body(decision, skus, which)
        answer = await visit.api.post(
            f"{path}/unmatched-listings/decide", body, key=form.key
        )
        text = f"Decided for {answer.body['decided']}, as before for "
        return visit.redirect(back, f"{text}{answer.body['unchanged']}.")
    store, found = await together(
        visit.api.get(path),
        visit.api.get(f"{path}/unmatched-listings", **which, limit=1),
    )
    return visit.page(
        "offers/decide.html",
        section="offers",
        title="Decide about listings",
        store=store,
        decision=decision,
        count=len(skus) or found["totals"]["listings"],
        skus=skus,
        which=which,
        view=view,
        back=back,
    )
