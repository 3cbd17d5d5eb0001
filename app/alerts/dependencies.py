"""Route dependencies: load the channel of the store, check `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from app.access.dependencies import Reader, Writer
from app.alerts import service
from app.alerts.models import AlertChannel
from app.core.errors import FieldError, PreconditionFailedError
from app.database import Tx


async def channel_to_read(
    store_id: UUID, channel_id: UUID, tx: Tx, caller: Reader
) -> AlertChannel:
    return await service.load(tx.session, caller, store_id, channel_id)


async def channel_to_change(
    store_id: UUID,
    channel_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: Annotated[
        str | None, Header(description="the ETag that the change is based on")
    ] = None,
) -> AlertChannel:
    """The channel, locked. Raises PreconditionFailedError when it has changed."""
    channel = await service.load(tx.session, caller, store_id, channel_id, lock=True)
    named = {tag.strip() for tag in (if_match or "*").split(",")}
    if not named & {"*", etag(channel)}:
        message = "The channel has changed since you read it."
        raise PreconditionFailedError(
            message,
            errors=[FieldError("if-match", "not_current", message, etag(channel))],
            current=etag(channel),
        )
    return channel


def etag(channel: AlertChannel) -> str:
    return f'"{channel.version}"'


ChannelToRead = Annotated[AlertChannel, Depends(channel_to_read)]
ChannelToChange = Annotated[AlertChannel, Depends(channel_to_change)]
