"""`/console/settings/keys`: keys for colleagues and programs."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.page import show
from app.console.settings.stores_choice import chosen_stores

router = APIRouter(prefix="/settings/keys", route_class=ConsoleRoute)
FIELDS = ["name", "scope", "stores", "expires_at"]


@router.get("")
async def get_keys(visit: CurrentVisit, cursor: str | None = None) -> Response:
    return await _show(visit, cursor)


@router.post("")
async def create_key(visit: CurrentVisit, form: GivenForm) -> Response:
    """The page that follows shows the key; no later page does."""
    try:
        issued = await visit.api.post("/v1/api-keys", key_body(form), key=form.key)
    except ApiProblem as problem:
        return await _show(visit, None, **with_problem(problem, form))
    return await _show(visit, None, issued=issued.body)


@router.post("/{key_id}/revoke")
async def revoke_key(visit: CurrentVisit, key_id: UUID) -> Response:
    await visit.api.delete(f"/v1/api-keys/{key_id}")
    return visit.redirect("/console/settings/keys", "The key is revoked.")


def key_body(form: Form) -> Json:
    """A date means its end, in UTC. Raises ApiProblem. Pure."""
    day = form.text("expires_at")
    return {
        "name": form.text("name"),
        "scope": form.text("scope"),
        "store_ids": chosen_stores(form),
        "expires_at": f"{day}T23:59:59Z" if day else None,
    }


async def _show(visit: Visit, cursor: str | None, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    keys: Json = {"items": [], "next": None}
    stores: Json = {"items": []}
    if visit.session.is_admin:
        keys, stores = await together(
            visit.api.get("/v1/api-keys", cursor=cursor, limit=50),
            visit.api.get("/v1/stores", limit=1000),
        )
    names = {store["id"]: store["name"] for store in stores["items"]}
    usual = {"form": {"scope": "read", "stores": "all"}, "issued": None}
    return show(
        *(visit, "keys.html", "keys", "API keys"),
        keys=keys,
        stores=stores["items"],
        names=names,
        fields=FIELDS,
        **(usual | values),
    )
