"""`/console/stores/{id}/settings/alerts`: e-mails and chats about events."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.menu import store_path
from app.console.settings.notifications.events import EVENTS
from app.console.settings.page import load_store, show

router = APIRouter(
    prefix="/stores/{store_id}/settings/alerts", route_class=ConsoleRoute
)
FIELDS = ["kind", "description", "addresses", "url", "events"]


@router.get("")
async def get_alerts(visit: CurrentVisit, store_id: UUID) -> Response:
    return await _show(visit, store_id)


@router.post("")
async def create_alert(
    visit: CurrentVisit, store_id: UUID, form: GivenForm
) -> Response:
    try:
        await visit.api.post(_path(store_id), channel_body(form), key=form.key)
    except ApiProblem as problem:
        return await _show(visit, store_id, **with_problem(problem, form))
    return _back(visit, store_id, "The channel is created. Send a test to check it.")


@router.post("/{channel_id}/test")
async def test_alert(
    visit: CurrentVisit, store_id: UUID, channel_id: UUID, form: GivenForm
) -> Response:
    await visit.api.post(f"{_path(store_id)}/{channel_id}/test", key=form.key)
    return _back(visit, store_id, "A test message is on its way.")


@router.post("/{channel_id}/switch")
async def switch_alert(
    visit: CurrentVisit, store_id: UUID, channel_id: UUID, form: GivenForm
) -> Response:
    is_on = form.text("enabled") == "on"
    await visit.api.patch(f"{_path(store_id)}/{channel_id}", {"enabled": is_on})
    done = "switched on" if is_on else "switched off"
    return _back(visit, store_id, f"The channel is {done}.")


@router.post("/{channel_id}/delete")
async def delete_alert(
    visit: CurrentVisit, store_id: UUID, channel_id: UUID
) -> Response:
    await visit.api.delete(f"{_path(store_id)}/{channel_id}")
    return _back(visit, store_id, "The channel is deleted.")


def channel_body(form: Form) -> Json:
    """Addresses of e-mail, or the URL of a chat. Pure."""
    kind = form.text("kind")
    target: Json = {"url": form.text("url")}
    if kind == "email":
        target = {"addresses": form.text("addresses").replace(",", " ").split()}
    events = form.texts("events")
    return {
        "kind": kind,
        "description": form.text("description"),
        "events": events,
    } | target


def _path(store_id: UUID) -> str:
    return f"/v1/stores/{store_id}/alert-channels"


def _back(visit: Visit, store_id: UUID, text: str) -> Response:
    return visit.redirect(store_path(store_id, "/alerts"), text)


async def _show(visit: Visit, store_id: UUID, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    store = await load_store(visit, store_id)
    channels = await visit.api.get(_path(store_id), limit=100)
    return show(
        *(visit, "alerts.html", "alerts", "Alerts", store),
        channels=channels["items"],
        events=EVENTS,
        chosen=["order.due", "publication.held", "connection.failed"],
        **({"form": {"kind": "email"}, "fields": FIELDS} | values),
    )
