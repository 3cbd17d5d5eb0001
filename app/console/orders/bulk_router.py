"""Accept and ship many orders: choose, confirm, see the result of each."""

import base64
import binascii
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit
from app.console.orders import bulk_view
from app.console.orders.bulk_view import Action, Chosen, Result
from app.console.orders.place import CurrentPlace, Place
from app.console.orders.router import OF_ALL, OF_STORE

router = APIRouter(route_class=ConsoleRoute)
PATH = "/v1/order-actions"
TRACKING = f"{PATH}/tracking"
LARGEST_FILE = 4 * 1024**2
MOST = 100


@router.post(f"{OF_ALL}/bulk")
@router.post(f"{OF_STORE}/bulk")
async def act_on_many(
    visit: CurrentVisit, place: CurrentPlace, form: GivenForm
) -> Response:
    """`step` is empty (chosen in the list), `check` (ship: numbers given), `send`."""
    action, chosen = bulk_view.action_of(form), bulk_view.chosen_in(form)
    if not 0 < len(chosen) <= MOST:
        text = f"Choose 1 to {MOST} orders first."
        return visit.redirect(place.url, text, "bad")
    if form.text("step") == "send":
        return await _send(visit, place, form, action, chosen)
    if action == "ship" and form.text("step") != "check":
        return await _ship_form(visit, place, form, chosen)
    return await _check(visit, place, form, action, chosen)


async def _check(
    visit: Visit, place: Place, form: Form, action: Action, chosen: list[Chosen]
) -> Response:
    """A dry run, and a confirmation of what would take effect."""
    given = bulk_view.with_tracking(chosen) if action == "ship" else chosen
    if not given:
        error = "Enter the tracking number of at least one order."
        return await _ship_form(visit, place, form, chosen, error=error)
    results = await _request(visit, form, action, given, dry_run=True)
    wrong = [result for result in results if result.problem]
    if wrong and action == "ship":
        return await _ship_form(visit, place, form, chosen, wrong=wrong)
    return await _page(
        visit,
        place,
        "orders/confirm.html",
        f"{bulk_view.TITLES[action]} orders",
        action=action,
        possible=[result for result in results if not result.problem],
        wrong=wrong,
    )


async def _send(
    visit: Visit, place: Place, form: Form, action: Action, chosen: list[Chosen]
) -> Response:
    results = await _request(visit, form, action, chosen, dry_run=False)
    ids = [result.action_id for result in results if result.action_id]
    actions = await _actions(visit, ids)
    return await _page(
        visit,
        place,
        "orders/results.html",
        f"{bulk_view.TITLES[action]} orders: results",
        wrong=[result for result in results if result.problem],
        ids=ids,
        actions=actions,
    )


async def _request(
    visit: Visit, form: Form, action: Action, chosen: list[Chosen], *, dry_run: bool
) -> list[Result]:
    items = [bulk_view.item_of(each, action) for each in chosen]
    answer = await visit.api.post(PATH, {"items": items}, key=form.key, dry_run=dry_run)
    return bulk_view.results_of(chosen, answer.body)


async def _ship_form(
    visit: Visit,
    place: Place,
    form: Form,
    chosen: list[Chosen],
    *,
    wrong: list[Result] | None = None,
    error: str | None = None,
) -> Response:
    """A tracking number for each order, with what was wrong with it."""
    carriers = await visit.api.get("/v1/channel/carriers")
    problems = {r.chosen.id: bulk_view.why(r.problem or {}) for r in wrong or []}
    return await _page(
        visit,
        place,
        "orders/ship.html",
        "Ship orders",
        chosen=chosen,
        shared=form.text("shipper"),
        carriers=[carrier["name"] for carrier in carriers["items"]],
        problems=problems,
        error=error,
        status=422 if wrong or error else 200,
    )


async def _page(
    visit: Visit,
    place: Place,
    template: str,
    title: str,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    return visit.page(
        template,
        section="orders",
        title=title,
        store=await place.store(visit.api),
        place=place,
        view=bulk_view,
        **values,
    )


@router.get(f"{OF_ALL}/actions")
@router.get(f"{OF_STORE}/actions")
async def get_actions(visit: CurrentVisit, place: CurrentPlace) -> Response:
    """The states of requested actions: a part that is refreshed."""
    ids = visit.request.query_params.getlist("id")
    actions = await _actions(visit, ids)
    return visit.fragment(
        "orders/actions.html", place=place, ids=ids, actions=actions, view=bulk_view
    )


async def _actions(visit: Visit, ids: list[str]) -> list[Json]:
    if not ids:
        return []
    return list((await visit.api.get(PATH, id=ids))["items"])


@router.get(f"{OF_ALL}/tracking")
@router.get(f"{OF_STORE}/tracking")
async def get_tracking(visit: CurrentVisit, place: CurrentPlace) -> Response:
    return await _tracking_page(visit, place)


@router.post(f"{OF_ALL}/tracking")
@router.post(f"{OF_STORE}/tracking")
async def ship_by_file(
    visit: CurrentVisit, place: CurrentPlace, form: GivenForm
) -> Response:
    """The file is checked first; the confirmation sends the same bytes again."""
    kept = form.text("content")
    content, media_type = await _file_of(form)
    if not content:
        problem = ApiProblem(422, {"detail": "Choose a file with tracking numbers."})
        return await _tracking_page(visit, place, problem=problem, status=422)
    try:
        answer = await visit.api.upload(
            TRACKING, content, media_type, key=form.key, dry_run=not kept
        )
    except ApiProblem as problem:
        if problem.status not in {400, 413, 415, 422}:
            raise
        shown = {"problem": problem, "status": problem.status}
        return await _tracking_page(visit, place, **shown)
    rows = answer.body["rows"]
    ids = [row["action_id"] for row in rows if row["action_id"]][:MOST]
    return await _page(
        visit,
        place,
        "orders/tracking_result.html",
        "Ship by file",
        answer=answer.body,
        content=base64.b64encode(content).decode(),
        media_type=media_type,
        ids=ids,
        actions=await _actions(visit, ids),
    )


async def _file_of(form: Form) -> tuple[bytes, str]:
    """The uploaded file, or the one that was checked before."""
    file = form.file("file")
    if file:
        media_type = file.content_type or "application/octet-stream"
        return await file.read(LARGEST_FILE + 1), media_type
    try:
        content = base64.b64decode(form.text("content"), validate=True)
    except (binascii.Error, ValueError):
        return b"", ""
    return content, form.text("media_type")


async def _tracking_page(
    visit: Visit,
    place: Place,
    **values: Any,  # noqa: ANN401 - as above
) -> Response:
    return await _page(visit, place, "orders/tracking.html", "Ship by file", **values)
