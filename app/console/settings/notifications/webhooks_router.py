"""`/console/settings/webhooks`: endpoints, deliveries, replay, secrets."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.notifications.events import EVENTS, chosen_events
from app.console.settings.page import show
from app.console.settings.stores_choice import chosen_stores

router = APIRouter(prefix="/settings/webhooks", route_class=ConsoleRoute)
HERE = "/console/settings/webhooks"
API = "/v1/webhook-endpoints"
FIELDS = ["url", "description", "events", "store_ids"]


@router.get("")
async def get_webhooks(visit: CurrentVisit, cursor: str | None = None) -> Response:
    return await _show_all(visit, cursor)


@router.post("")
async def create_webhook(visit: CurrentVisit, form: GivenForm) -> Response:
    """The page that follows shows the secret; no later page does."""
    try:
        body = endpoint_body(form) | {"store_ids": chosen_stores(form)}
        made = (await visit.api.post(API, body, key=form.key)).body
    except ApiProblem as problem:
        return await _show_all(visit, None, **with_problem(problem, form))
    return await _show(visit, made["id"], secret=made["secret"])


@router.get("/{endpoint_id}")
async def get_webhook(
    visit: CurrentVisit, endpoint_id: UUID, cursor: str | None = None, state: str = ""
) -> Response:
    return await _show(visit, endpoint_id, cursor, state)


@router.post("/{endpoint_id}")
async def change_webhook(
    visit: CurrentVisit, endpoint_id: UUID, form: GivenForm
) -> Response:
    body = endpoint_body(form) | {"enabled": form.flag("enabled")}
    try:
        path = f"{API}/{endpoint_id}"
        await visit.api.patch(path, body, if_match=form.optional("etag"))
    except ApiProblem as problem:
        return await _show(visit, endpoint_id, **with_problem(problem, form))
    return visit.redirect(f"{HERE}/{endpoint_id}", "The endpoint is saved.")


@router.post("/{endpoint_id}/delete")
async def delete_webhook(
    visit: CurrentVisit, endpoint_id: UUID, form: GivenForm
) -> Response:
    await visit.api.delete(f"{API}/{endpoint_id}", if_match=form.optional("etag"))
    return visit.redirect(HERE, "The endpoint is deleted.")


@router.post("/{endpoint_id}/test")
async def test_webhook(
    visit: CurrentVisit, endpoint_id: UUID, form: GivenForm
) -> Response:
    await visit.api.post(f"{API}/{endpoint_id}/test", key=form.key)
    return visit.redirect(f"{HERE}/{endpoint_id}", "A test event is on its way.")


@router.post("/{endpoint_id}/secret")
async def rotate_secret(
    visit: CurrentVisit, endpoint_id: UUID, form: GivenForm
) -> Response:
    made = await visit.api.post(f"{API}/{endpoint_id}/secret", key=form.key)
    return await _show(visit, endpoint_id, secret=made.body["secret"])


@router.post("/{endpoint_id}/replay")
async def replay(visit: CurrentVisit, endpoint_id: UUID, form: GivenForm) -> Response:
    """One event, or those of a period."""
    names = ("event_id", "from", "to")
    body = {name: form.text(name) for name in names if form.text(name)}
    try:
        path = f"{API}/{endpoint_id}/replay"
        await visit.api.post(path, body, key=form.key)
    except ApiProblem as problem:
        return await _show(visit, endpoint_id, **with_problem(problem, form))
    return visit.redirect(f"{HERE}/{endpoint_id}", "The events are sent again.")


@router.get("/{endpoint_id}/deliveries/{event_id}")
async def get_delivery(
    visit: CurrentVisit, endpoint_id: UUID, event_id: str
) -> Response:
    path = f"{API}/{endpoint_id}/deliveries/{event_id}"
    return show(
        *(visit, "delivery.html", "webhooks", "Delivery"),
        endpoint_id=endpoint_id,
        delivery=await visit.api.get(path),
    )


def endpoint_body(form: Form) -> Json:
    """Pure."""
    return {
        "url": form.text("url"),
        "description": form.text("description"),
        "events": chosen_events(form),
    }


async def _show_all(visit: Visit, cursor: str | None, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    endpoints, stores = await together(
        visit.api.get(API, cursor=cursor, limit=50),
        visit.api.get("/v1/stores", limit=1000),
    )
    usual = {"form": {"stores": "all", "every_event": "on"}}
    return show(
        *(visit, "webhooks.html", "webhooks", "Webhooks"),
        endpoints=endpoints,
        stores=stores["items"],
        events=EVENTS,
        fields=FIELDS,
        chosen=[],
        **(usual | values),
    )


async def _show(
    visit: Visit,
    endpoint_id: UUID,
    cursor: str | None = None,
    state: str = "",
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    path = f"{API}/{endpoint_id}"
    answer, deliveries = await together(
        visit.api.read(path),
        visit.api.read(f"{path}/deliveries", cursor=cursor, state=state, limit=20),
    )
    endpoint = answer.body
    form = {"url": endpoint["url"], "description": endpoint["description"]}
    form |= {"every_event": "on"} if endpoint["events"] is None else {}
    form |= {"enabled": "on"} if endpoint["state"] == "enabled" else {}
    usual = {"form": form, "secret": None, "etag": answer.etag}
    return show(
        *(visit, "webhook.html", "webhooks", endpoint["description"] or "Webhook"),
        endpoint=endpoint,
        deliveries=deliveries.body,
        events=EVENTS,
        chosen=endpoint["events"] or [],
        here=f"{HERE}/{endpoint_id}",
        fields=FIELDS,
        **(usual | values),
    )
