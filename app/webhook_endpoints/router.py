"""`/v1/webhook-endpoints`: where events are sent to, and their deliveries."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import CurrentSettings, CurrentVault, Reader, Writer
from app.access.service import Caller
from app.core.errors import problem_responses
from app.database import Transaction, Tx
from app.events.enums import EventType
from app.web.etags import tag
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import ACCEPTED, CREATED, POLLED, VERSIONED
from app.web.schemas import Timestamp
from app.webhook_endpoints import secrets, service
from app.webhook_endpoints.dependencies import EndpointToChange, EndpointToRead
from app.webhook_endpoints.models import WebhookEndpoint
from app.webhook_endpoints.outcomes import DeliveryState
from app.webhook_endpoints.schemas import (
    DeliveryDetail,
    DeliveryOut,
    EndpointIn,
    EndpointIssued,
    EndpointOut,
    EndpointPatch,
    EndpointSecretOut,
    ReplayIn,
    ReplayOut,
    delivery_detail,
    delivery_out,
    endpoint_out,
)

router = APIRouter(
    prefix="/v1/webhook-endpoints", tags=["webhooks out"], route_class=RecordedRoute
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create a webhook endpoint",
    responses=CREATED | problem_responses(409),
)
async def create_webhook_endpoint(
    body: EndpointIn,
    tx: Tx,
    caller: Writer,
    settings: CurrentSettings,
    vault: CurrentVault,
    response: Response,
) -> EndpointIssued:
    """Events are sent there from now on, signed as Standard Webhooks specifies.

    Events of a whole seller account need a key for each of its stores.
    """
    endpoint = await service.create(tx.session, caller, settings, body)
    _, secret = await secrets.create(
        tx.session, vault, endpoint.id, settings.hook_secret_overlap
    )
    after = await service.audited(tx.session, endpoint)
    await _record(tx, caller, AuditAction.ENDPOINT_CREATED, endpoint, after=after)
    response.headers["Location"] = f"/v1/webhook-endpoints/{endpoint.id}"
    tag(response, endpoint)
    stores = await service.stores_by_endpoint(tx.session, [endpoint.id])
    shown = endpoint_out(endpoint, stores.get(endpoint.id, ()), secret=secret)
    return EndpointIssued.model_validate(shown)


@router.get("", summary="List webhook endpoints")
async def list_webhook_endpoints(
    tx: Tx, caller: Reader, cursor: Cursor = None, limit: Limit = 100
) -> Page[EndpointOut]:
    """Those of which the key covers every store."""
    rows = await service.list_endpoints(tx.session, caller, decode_uuid(cursor), limit)
    stores = await service.stores_by_endpoint(tx.session, [row.id for row in rows])
    return page_of(
        rows,
        limit,
        lambda row: EndpointOut.model_validate(
            endpoint_out(row, stores.get(row.id, ()))
        ),
        lambda row: (row.id,),
    )


@router.get("/{endpoint_id}", summary="Get a webhook endpoint", responses=VERSIONED)
async def get_webhook_endpoint(
    endpoint: EndpointToRead, tx: Tx, response: Response
) -> EndpointOut:
    return await _shown(tx, endpoint, response)


@router.patch(
    "/{endpoint_id}",
    summary="Change, enable or disable a webhook endpoint",
    responses=VERSIONED | problem_responses(412),
)
async def update_webhook_endpoint(
    body: EndpointPatch,
    endpoint: EndpointToChange,
    tx: Tx,
    caller: Writer,
    settings: CurrentSettings,
    response: Response,
) -> EndpointOut:
    """An endpoint that is enabled again gets what was pending when it was disabled.

    Events since then are not sent by themselves: `missed` of the response is the body
    of a replay that sends them.
    """
    before = await service.audited(tx.session, endpoint)
    service.change(endpoint, settings, body)
    await tx.session.flush()
    after = await service.audited(tx.session, endpoint)
    await _record(tx, caller, AuditAction.ENDPOINT_CHANGED, endpoint, before, after)
    return await _shown(tx, endpoint, response)


@router.delete(
    "/{endpoint_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a webhook endpoint",
    responses=problem_responses(412),
)
async def delete_webhook_endpoint(
    endpoint: EndpointToChange, tx: Tx, caller: Writer
) -> None:
    """Deletes its deliveries and secrets, too."""
    before = await service.audited(tx.session, endpoint)
    await _record(tx, caller, AuditAction.ENDPOINT_DELETED, endpoint, before)
    await tx.session.delete(endpoint)


@router.post(
    "/{endpoint_id}/secret",
    status_code=status.HTTP_201_CREATED,
    summary="Replace the secret of a webhook endpoint",
    responses=problem_responses(412),
)
async def rotate_webhook_endpoint_secret(
    endpoint: EndpointToChange,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    settings: CurrentSettings,
) -> EndpointSecretOut:
    """The secret is shown only once. The replaced one also signs for a day."""
    previous_until, secret = await secrets.create(
        tx.session, vault, endpoint.id, settings.hook_secret_overlap
    )
    await _record(tx, caller, AuditAction.ENDPOINT_SECRET_ROTATED, endpoint)
    return EndpointSecretOut(secret=secret, previous_until=previous_until)


@router.post(
    "/{endpoint_id}/test",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Send a test event to a webhook endpoint",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def test_webhook_endpoint(
    endpoint: EndpointToChange, tx: Tx, response: Response
) -> DeliveryOut:
    """Sends `webhook_endpoint.test`. The `Location` shows the response to it."""
    event_id = await service.send_test(tx.session, endpoint)
    path = f"/v1/webhook-endpoints/{endpoint.id}/deliveries/{event_id}"
    response.headers["Location"], response.headers["Retry-After"] = path, "2"
    return delivery_out(await service.delivery(tx.session, endpoint.id, event_id))


@router.post(
    "/{endpoint_id}/replay",
    summary="Send events again",
    responses=problem_responses(409, 412),
)
async def replay_events(
    body: ReplayIn, endpoint: EndpointToChange, tx: Tx, caller: Writer
) -> ReplayOut:
    """One event, or those of a period, whether they were sent before or not.

    They have the same `webhook-id` as before. Up to 10,000 events at a time.
    """
    replayed = await service.replay(tx.session, endpoint, body)
    after = body.model_dump(mode="json", exclude_none=True, by_alias=True)
    after |= {"replayed": replayed.replayed}
    await _record(tx, caller, AuditAction.ENDPOINT_REPLAYED, endpoint, after=after)
    return replayed


@router.get("/{endpoint_id}/deliveries", summary="List deliveries, newest event first")
async def list_deliveries(
    endpoint: EndpointToRead,
    tx: Tx,
    state: DeliveryState | None = None,
    event: Annotated[EventType | None, Query(description="type of the event")] = None,
    occurred_from: Timestamp | None = None,
    occurred_to: Annotated[Timestamp | None, Query(description="exclusive")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DeliveryOut]:
    filters = {"state": state, "type": event, "from": occurred_from, "to": occurred_to}
    rows = await service.list_deliveries(
        tx.session, endpoint.id, filters, decode_uuid(cursor), limit
    )
    return page_of(rows, limit, delivery_out, lambda row: (row.event_id,))


@router.get(
    "/{endpoint_id}/deliveries/{event_id}",
    summary="Get a delivery with its attempts",
    responses=POLLED,
)
async def get_delivery(
    endpoint: EndpointToRead, event_id: UUID, tx: Tx, response: Response
) -> DeliveryDetail:
    found = await service.delivery(tx.session, endpoint.id, event_id)
    if found.state == "pending":
        response.headers["Retry-After"] = "2"
    return delivery_detail(found)


async def _shown(
    tx: Transaction, endpoint: WebhookEndpoint, response: Response
) -> EndpointOut:
    tag(response, endpoint)
    stores = await service.stores_by_endpoint(tx.session, [endpoint.id])
    return EndpointOut.model_validate(
        endpoint_out(endpoint, stores.get(endpoint.id, ()))
    )


async def _record(
    tx: Transaction,
    caller: Caller,
    action: AuditAction,
    endpoint: WebhookEndpoint,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """An entry that keys of the endpoint's only store see, too."""
    store_id = await service.only_store(tx.session, endpoint.id)
    subject = Subject(endpoint.id, store_id, endpoint.account_id)
    await audit.record(tx.session, caller, action, subject, before=before, after=after)
