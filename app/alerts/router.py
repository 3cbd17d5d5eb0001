"""`/v1/stores/{id}/alert-channels`: who gets messages about the events of a store."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import CurrentSettings, CurrentVault, Writer
from app.access.service import Caller
from app.alerts import service
from app.alerts.dependencies import ChannelToChange, ChannelToRead
from app.alerts.models import AlertChannel
from app.alerts.schemas import (
    AlertChannelIn,
    AlertChannelOut,
    AlertChannelPatch,
    channel_out,
)
from app.core.errors import problem_responses
from app.database import Transaction, Tx
from app.stores.dependencies import StoreToRead
from app.stores.service import load_store
from app.web.etags import tag
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import ACCEPTED, CREATED, VERSIONED

router = APIRouter(
    prefix="/v1/stores/{store_id}/alert-channels",
    tags=["alerts"],
    route_class=RecordedRoute,
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Create an alert channel",
    responses=CREATED | problem_responses(409),
)
async def create_alert_channel(
    store_id: UUID,
    body: AlertChannelIn,
    tx: Tx,
    caller: Writer,
    settings: CurrentSettings,
    vault: CurrentVault,
    response: Response,
) -> AlertChannelOut:
    """From now on events are sent there, those of five minutes as one message."""
    store = await load_store(tx.session, caller, store_id, lock=True)
    channel = await service.create(tx.session, settings, vault, store.id, body)
    created = AuditAction.ALERT_CHANNEL_CREATED
    await _record(tx, caller, created, channel, after=service.audited(channel))
    response.headers["Location"] = _path(channel)
    return _shown(channel, response)


@router.get("", summary="List alert channels")
async def list_alert_channels(
    store: StoreToRead, tx: Tx, cursor: Cursor = None, limit: Limit = 100
) -> Page[AlertChannelOut]:
    rows = await service.list_channels(tx.session, store.id, decode_uuid(cursor), limit)
    return page_of(rows, limit, channel_out, lambda row: (row.id,))


@router.get("/{channel_id}", summary="Get an alert channel", responses=VERSIONED)
async def get_alert_channel(
    channel: ChannelToRead, response: Response
) -> AlertChannelOut:
    return _shown(channel, response)


@router.patch(
    "/{channel_id}",
    summary="Change, enable or disable an alert channel",
    responses=VERSIONED | problem_responses(412),
)
async def update_alert_channel(
    body: AlertChannelPatch,
    channel: ChannelToChange,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    response: Response,
) -> AlertChannelOut:
    """A channel that is enabled again gets what was pending, not what came since."""
    before = service.audited(channel)
    service.change(channel, vault, body)
    changed, after = AuditAction.ALERT_CHANNEL_CHANGED, service.audited(channel)
    if body.url is not None:
        after["url"] = f"{after['url']} (replaced)"
    await _record(tx, caller, changed, channel, before, after)
    return _shown(channel, response)


@router.delete(
    "/{channel_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete an alert channel",
    responses=problem_responses(412),
)
async def delete_alert_channel(
    channel: ChannelToChange, tx: Tx, caller: Writer
) -> None:
    before = service.audited(channel)
    await _record(tx, caller, AuditAction.ALERT_CHANNEL_DELETED, channel, before)
    await tx.session.delete(channel)


@router.post(
    "/{channel_id}/test",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Send a test message to an alert channel",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def test_alert_channel(
    channel: ChannelToChange, response: Response
) -> AlertChannelOut:
    """Sends it at once, one a minute. `test` of the `Location` shows the outcome."""
    service.request_test(channel)
    response.headers["Location"] = _path(channel)
    response.headers["Retry-After"] = "2"
    return channel_out(channel)


def _path(channel: AlertChannel) -> str:
    return f"/v1/stores/{channel.store_id}/alert-channels/{channel.id}"


def _shown(channel: AlertChannel, response: Response) -> AlertChannelOut:
    tag(response, channel)
    return channel_out(channel)


async def _record(
    tx: Transaction,
    caller: Caller,
    action: AuditAction,
    channel: AlertChannel,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    subject = Subject(channel.id, channel.store_id, None)
    await audit.record(tx.session, caller, action, subject, before=before, after=after)
