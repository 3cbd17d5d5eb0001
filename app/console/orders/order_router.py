"""One order: its lines, the actions that are allowed now, its history."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.orders import order_view, view
from app.console.orders.bulk_view import is_open
from app.console.orders.place import CurrentPlace, Place
from app.console.orders.router import OF_ALL, OF_STORE

router = APIRouter(route_class=ConsoleRoute)
LARGEST_INVOICE = 3 * 1024**2
ACTIONS = ("accept", "cancel", "ship", "refund")


def order_id_of(request: Request) -> str:
    """Raises ApiProblem for what is no id, so that it is never part of a path."""
    given = str(request.path_params["order_id"])
    if not given.replace("-", "").isalnum() or not given.isascii():
        raise ApiProblem(404, {"detail": "There is no such order."})
    return given


OrderId = Annotated[str, Depends(order_id_of)]


@router.get(f"{OF_ALL}/{{order_id}}")
@router.get(f"{OF_STORE}/{{order_id}}")
async def get_order(
    visit: CurrentVisit, place: CurrentPlace, order_id: OrderId
) -> Response:
    return await _page(visit, place, order_id)


async def _page(
    visit: Visit,
    place: Place,
    order_id: str,
    **more: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    store, order, actions, carriers = await together(
        place.store(visit.api),
        visit.api.get(f"/v1/orders/{order_id}"),
        visit.api.get(f"/v1/orders/{order_id}/actions", limit=50),
        visit.api.get("/v1/channel/carriers"),
    )
    return visit.page(
        "orders/order.html",
        section="orders",
        title=f"Order {order['marketplace_id']}",
        store=store,
        carriers=[carrier["name"] for carrier in carriers["items"]],
        opened=more.pop("opened", None),
        **_shown(place, order, actions),
        **more,
    )


def _shown(place: Place, order: Json, actions: Json) -> dict[str, Any]:
    return {
        "place": place,
        "order": order,
        "view": view,
        "texts": order_view,
        "history": order_view.history(order, actions["items"]),
        "working": is_open(actions["items"]),
    }


@router.get(f"{OF_ALL}/{{order_id}}/history")
@router.get(f"{OF_STORE}/{{order_id}}/history")
async def get_history(
    visit: CurrentVisit, place: CurrentPlace, order_id: OrderId
) -> Response:
    """The history, refreshed while an action is open."""
    order, actions = await together(
        visit.api.get(f"/v1/orders/{order_id}"),
        visit.api.get(f"/v1/orders/{order_id}/actions", limit=50),
    )
    return visit.fragment("orders/history.html", **_shown(place, order, actions))


@router.post(f"{OF_ALL}/{{order_id}}/notes")
@router.post(f"{OF_STORE}/{{order_id}}/notes")
async def save_notes(
    visit: CurrentVisit, place: CurrentPlace, order_id: OrderId, form: GivenForm
) -> Response:
    try:
        await visit.api.patch(
            f"/v1/orders/{order_id}",
            order_view.own_fields(form),
            if_match=form.optional("if_match"),
        )
    except ApiProblem as problem:
        return await _again(visit, place, order_id, problem, form, "notes")
    return visit.redirect(f"{place.url}/{order_id}", "Your notes are saved.")


@router.post(f"{OF_ALL}/{{order_id}}/invoice")
@router.post(f"{OF_STORE}/{{order_id}}/invoice")
async def upload_invoice(
    visit: CurrentVisit, place: CurrentPlace, order_id: OrderId, form: GivenForm
) -> Response:
    file = form.file("file")
    content = await file.read(LARGEST_INVOICE + 1) if file else b""
    path = f"/v1/orders/{order_id}/invoice"
    try:
        await visit.api.post_file(path, content, key=form.key)
    except ApiProblem as problem:
        return await _again(visit, place, order_id, problem, form, "invoice")
    return visit.redirect(f"{place.url}/{order_id}", "The invoice is being sent.")


@router.post(f"{OF_ALL}/{{order_id}}/{{action}}")
@router.post(f"{OF_STORE}/{{order_id}}/{{action}}")
async def act(
    visit: CurrentVisit,
    place: CurrentPlace,
    order_id: OrderId,
    action: str,
    form: GivenForm,
) -> Response:
    if action not in ACTIONS:
        raise ApiProblem(404, {"detail": "There is no such action."})
    try:
        await visit.api.post(
            f"/v1/orders/{order_id}/{action}",
            order_view.body_of(action, form),
            key=form.key,
            if_match=form.optional("if_match"),
        )
    except ApiProblem as problem:
        return await _again(visit, place, order_id, problem, form, action)
    text = f"{order_view.TITLES[action]} was requested; the history shows its result."
    return visit.redirect(f"{place.url}/{order_id}", text)


async def _again(
    visit: Visit,
    place: Place,
    order_id: str,
    problem: ApiProblem,
    form: Form,
    opened: str,
) -> Response:
    """The order with the form that was sent and its problem; other errors are pages."""
    if problem.status not in {409, 412, 413, 415, 422}:
        raise problem
    again = with_problem(problem, form)
    return await _page(visit, place, order_id, opened=opened, **again)
