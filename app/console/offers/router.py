"""`/console/stores/{id}/offers`: search, one offer explained, quick changes."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.offers import view

router = APIRouter(route_class=ConsoleRoute)
OF_STORE = "/stores/{store_id}/offers"
EMPTY: Json = {"items": [], "next": None, "totals": None}
LIMIT = 50


def url_of(store_id: UUID) -> str:
    return f"/console/stores/{store_id}/offers"


Url = Annotated[str, Depends(url_of)]


@router.get("/offers")
async def choose_store(visit: CurrentVisit, cursor: str | None = None) -> Response:
    """Offers belong to a store: the stores to choose from."""
    stores = await visit.api.get("/v1/stores", limit=LIMIT, cursor=cursor)
    return visit.page(
        "offers/stores.html", section="offers", title="Offers", stores=stores
    )


@router.get(OF_STORE)
async def list_offers(visit: CurrentVisit, store_id: UUID, url: Url) -> Response:
    """Offers by SKU. The numbers at the tabs are loaded afterwards."""
    query = visit.request.query_params
    asked = {name: query.get(name) for name in ("q", "state", "cursor")}
    path = f"/v1/stores/{store_id}"
    store, (found, problem) = await together(
        visit.api.get(path), _offers(visit, f"{path}/offers", asked)
    )
    return visit.page(
        "offers/page.html",
        section="offers",
        title="Offers",
        store=store,
        status=problem.status if problem else 200,
        problem=problem,
        found=found,
        counted=False,
        **_tabs(url, query.get("state"), query.get("q"), None),
    )


async def _offers(
    visit: Visit, path: str, asked: dict[str, str | None]
) -> tuple[Json, ApiProblem | None]:
    """The page of offers, and what is wrong with the filters."""
    try:
        return await visit.api.get(path, **asked, limit=LIMIT, totals=False), None
    except ApiProblem as problem:
        if problem.status != 422:  # noqa: PLR2004 - a filter that is not accepted
            raise
        return EMPTY, problem


def _tabs(
    url: str, state: str | None, q: str | None, totals: dict[str, int] | None
) -> dict[str, Any]:
    return {
        "url": url,
        "view": view,
        "state": state or "",
        "q": q or "",
        "tabs": view.tabs(totals),
        "unmatched": (totals or {}).get("unmatched"),
    }


@router.get(f"{OF_STORE}/counts")
async def get_counts(
    visit: CurrentVisit, store_id: UUID, url: Url, state: str = "", q: str = ""
) -> Response:
    """The tabs with numbers: counting reads each offer, so the list does not wait."""
    found = await visit.api.get(f"/v1/stores/{store_id}/offers", limit=1)
    values = _tabs(url, state, q, found["totals"])
    return visit.fragment("offers/tabs.html", counted=True, **values)


@router.get(f"{OF_STORE}/one")
async def get_offer(
    visit: CurrentVisit, store_id: UUID, url: Url, sku: str
) -> Response:
    return await _offer_page(visit, store_id, url, sku)


async def _offer_page(
    visit: Visit,
    store_id: UUID,
    url: str,
    sku: str,
    **more: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    path = f"/v1/stores/{store_id}"
    store, offer = await together(
        visit.api.get(path), visit.api.get(f"{path}/offer", sku=sku)
    )
    return visit.page(
        "offers/offer.html",
        section="offers",
        title=sku,
        store=store,
        offer=offer,
        url=url,
        view=view,
        **more,
    )


@router.post(f"{OF_STORE}/change")
async def change_offer(
    visit: CurrentVisit, store_id: UUID, url: Url, form: GivenForm
) -> Response:
    """First a confirmation of what will be sent, then the change (`step=send`)."""
    sku = form.text("sku")
    quantity, price = form.text("quantity"), form.text("price")
    page = f"{url}/one?sku={quote(sku, safe='')}"
    if form.text("step") != "send":
        return await _confirm(visit, store_id, page, (sku, quantity, price))
    item = {"sku": sku, "quantity": quantity or None, "price": price or None}
    answer = await visit.api.patch(f"/v1/stores/{store_id}/offers", {"items": [item]})
    (result,) = answer.body["items"]
    if result["outcome"] == "accepted":
        return visit.redirect(page, "Accepted: a publication sends it now.")
    wrong = {"detail": "Nothing was changed.", "errors": result["errors"]}
    again = with_problem(ApiProblem(422, wrong), form)
    return await _offer_page(visit, store_id, url, sku, **again)


async def _confirm(
    visit: Visit, store_id: UUID, page: str, given: tuple[str, str, str]
) -> Response:
    sku, quantity, price = given
    path = f"/v1/stores/{store_id}"
    store, offer = await together(
        visit.api.get(path), visit.api.get(f"{path}/offer", sku=sku)
    )
    changes = view.changes(offer, quantity, price)
    if not changes:
        return visit.redirect(page, "Quantity and price are these already.", "note")
    return visit.page(
        "offers/confirm.html",
        section="offers",
        title="Change stock and price",
        store=store,
        offer=offer,
        changes=changes,
        page=page,
    )
