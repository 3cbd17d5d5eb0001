"""`/console/settings/audit`: who changed what, with filters and as CSV."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from app.console.core.api_client import together
from app.console.core.console_route import ConsoleRoute
from app.console.core.forwarding import ForwardedResponse
from app.console.core.visit import CurrentVisit
from app.console.settings.page import show

router = APIRouter(prefix="/settings/audit", route_class=ConsoleRoute)
Text = Annotated[str, Query(max_length=200)]


def filters(
    actor: Text = "",
    action: Text = "",
    store_id: UUID | None = None,
    from_: Annotated[str, Query(alias="from", max_length=10)] = "",
    to: Annotated[str, Query(max_length=10)] = "",
) -> dict[str, str]:
    """As the API names them. Days are in UTC, and the last one counts. Pure."""
    given = {
        "actor": actor,
        "action": action,
        "store_id": str(store_id or ""),
        "at_from": f"{from_}T00:00:00Z" if from_ else "",
        "at_to": f"{to}T23:59:59.999999Z" if to else "",
    }
    return {name: value for name, value in given.items() if value}


Filters = Annotated[dict[str, str], Depends(filters)]


@router.get("")
async def get_audit(
    visit: CurrentVisit, given: Filters, cursor: str | None = None
) -> Response:
    entries, stores = await together(
        visit.api.get("/v1/audit", **given, cursor=cursor, limit=50),
        visit.api.get("/v1/stores", limit=1000),
    )
    return show(
        *(visit, "audit.html", "audit", "Audit log"),
        entries=entries,
        stores=stores["items"],
        names={store["id"]: store["name"] for store in stores["items"]},
        actions=ACTIONS,
    )


@router.get("/audit.csv")
async def get_csv(visit: CurrentVisit, given: Filters) -> Response:
    query = given | {"format": "csv"}
    return ForwardedResponse(visit.request, visit.session, "/v1/audit", query)


ACTIONS = (
    *("api_key.issued", "api_key.revoked", "store.created", "store.renamed"),
    *("store.activated", "store.deactivated", "store.deleted"),
    *("store.settings_changed", "store.mapping_changed", "store.categories_changed"),
    *("store.token_set", "store.catalog_source_changed"),
    *("store.catalog_source_deleted", "store.webhook_secret_rotated"),
    *("store.webhook_secret_deleted", "store.quarantine_released"),
    *("store.unmatched_listings_decided", "seller_account.changed"),
    *("seller_account.token_rotated", "publication.held_changes_approved"),
    *("publication.held_changes_rejected", "webhook_endpoint.created"),
    *("webhook_endpoint.changed", "webhook_endpoint.deleted"),
    *("webhook_endpoint.secret_rotated", "webhook_endpoint.events_replayed"),
    *("alert_channel.created", "alert_channel.changed", "alert_channel.deleted"),
    *("order.action_requested", "order.already_shipped", "order.changed"),
    *("buyer.exported", "buyer.erased"),
)
