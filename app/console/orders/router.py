"""`/console/orders` and `/console/stores/{id}/orders`: lists and totals."""

from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import ApiClient, Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import GivenForm
from app.console.core.forwarding import ForwardedResponse
from app.console.core.visit import CurrentVisit, Visit
from app.console.orders import view
from app.console.orders.bulk_view import Chosen
from app.console.orders.place import CurrentPlace, Place

router = APIRouter(route_class=ConsoleRoute)
OF_ALL, OF_STORE = "/orders", "/stores/{store_id}/orders"
EMPTY: Json = {"items": [], "next": None}
LIMIT = 50


@router.get(OF_ALL)
@router.get(OF_STORE)
async def list_orders(visit: CurrentVisit, place: CurrentPlace) -> Response:
    """Due orders first, then the newest. Filters are in the address."""
    query = visit.request.query_params
    store = place.store(visit.api)
    try:
        chosen, sync, *lists = await together(
            store, last_sync(visit, place), *_lists(visit.api, place, query)
        )
    except ApiProblem as problem:
        if problem.status != 422:  # noqa: PLR2004 - a filter that is not accepted
            raise
        return await _with_problem(visit, place, problem)
    found, due, by_state, due_count = lists
    return visit.page(
        "orders/page.html",
        section="orders",
        title="Orders",
        store=chosen,
        **_shown(place, sync),
        found=found | {"items": view.others(found["items"], due["items"])},
        due=due,
        tabs=view.tabs(by_state, due_count),
    )


async def _with_problem(visit: Visit, place: Place, problem: ApiProblem) -> Response:
    """The list with what is wrong in the filters."""
    nothing: Json = {"items": []}
    return visit.page(
        "orders/page.html",
        section="orders",
        title="Orders",
        store=await place.store(visit.api),
        status=problem.status,
        problem=problem,
        **_shown(place, None),
        found=EMPTY,
        due=EMPTY,
        tabs=view.tabs(nothing, nothing),
    )


def _shown(place: Place, sync: Json | None) -> dict[str, Any]:
    return {"place": place, "sync": sync, "view": view, "chosen_of": chosen_of}


def _lists(
    api: ApiClient, place: Place, query: Mapping[str, str]
) -> list[Coroutine[Any, Any, Any]]:
    """The page of orders, those that are due, and the numbers at the tabs."""
    filters = view.api_filters(query) | {"store_id": place.store_id}
    without_state = filters | {"state": None, "due": None}
    page = {"sort": view.sort_of(query), "limit": LIMIT}
    due = without_state | {"due": "any"}
    return [
        api.get("/v1/orders", **filters, **page, cursor=query.get("cursor")),
        api.get("/v1/orders", **due, sort="dispatch_by", limit=LIMIT)
        if view.shows_due_first(query)
        else _nothing(),
        _by_state(api, without_state | {"state": "to_accept,to_ship"}),
        _by_state(api, due),
    ]


async def _nothing() -> Json:
    return EMPTY


async def _by_state(api: ApiClient, filters: Mapping[str, str | None]) -> Json:
    return dict(await api.get("/v1/orders/totals", by="state", **filters))


async def last_sync(visit: Visit, place: Place) -> Json | None:
    """How the orders of a store were fetched last; None before the first time."""
    if place.store_id is None:
        return None
    found: Json | None = await visit.api.find(
        f"/v1/stores/{place.store_id}/orders/sync"
    )
    return found


def chosen_of(order: Mapping[str, Any]) -> Chosen:
    """An order of the list as its box names it."""
    buyer = ", ".join(filter(None, (order["buyer"]["name"], order["buyer"]["city"])))
    label = " · ".join(filter(None, (buyer, *view.items_text(order, 1))))
    return Chosen(order["id"], order["version"], str(order["marketplace_id"]), label)


@router.get(f"{OF_STORE}/sync")
async def get_sync(visit: CurrentVisit, place: CurrentPlace) -> Response:
    """How far fetching is: a part that is refreshed until it is over."""
    sync = await last_sync(visit, place)
    return visit.fragment("orders/sync.html", place=place, sync=sync)


@router.post(f"{OF_STORE}/sync")
async def fetch_now(
    visit: CurrentVisit, place: CurrentPlace, form: GivenForm
) -> Response:
    await visit.api.post(f"/v1/stores/{place.store_id}/orders/sync", key=form.key)
    return visit.redirect(place.url, "Orders are being fetched.", "note")


@router.get(f"{OF_ALL}.csv")
@router.get(f"{OF_STORE}.csv")
async def get_csv(visit: CurrentVisit, place: CurrentPlace) -> Response:
    """All orders of the same filters, streamed."""
    query = visit.request.query_params
    filters = view.api_filters(query) | {"store_id": place.store_id, "format": "csv"}
    given = {name: value for name, value in filters.items() if value}
    return ForwardedResponse(visit.request, visit.session, "/v1/orders", given)


@router.get(f"{OF_ALL}/totals")
@router.get(f"{OF_STORE}/totals")
async def get_totals(visit: CurrentVisit, place: CurrentPlace) -> Response:
    """Orders by day as a plot, and by country."""
    query = visit.request.query_params
    days = view.period(query, datetime.now(UTC))
    asked = view.api_filters({**query, **days}) | {"store_id": place.store_id}
    store, by_day, by_country = await together(
        place.store(visit.api),
        visit.api.get("/v1/orders/totals", by="day", **asked),
        visit.api.get("/v1/orders/totals", by="country", **asked),
    )
    rows, series = view.day_rows(by_day, days["from"], days["to"])
    return visit.page(
        "orders/totals.html",
        section="orders",
        title="Totals of orders",
        store=store,
        place=place,
        days=days,
        rows=rows,
        series=series,
        countries=view.country_rows(by_country),
        sums=view.sums(by_country),
        known_countries=view.COUNTRIES,
    )
