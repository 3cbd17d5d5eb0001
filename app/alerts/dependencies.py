"""Route dependencies: load the channel of the store, check `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.access.dependencies import Reader, Writer
from app.alerts import service
from app.alerts.models import AlertChannel
from app.database import Tx
from app.web.etags import IfMatch, require_version


async def channel_to_read(
    store_id: UUID, channel_id: UUID, tx: Tx, caller: Reader
) -> AlertChannel:
    return await service.load(tx.session, caller, store_id, channel_id)


async def channel_to_change(
    store_id: UUID,
    channel_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: IfMatch = None,
) -> AlertChannel:
    """The channel, locked. Raises PreconditionFailedError when it has changed."""
    channel = await service.load(tx.session, caller, store_id, channel_id, lock=True)
    require_version(channel, if_match, "channel")
    return channel


ChannelToRead = Annotated[AlertChannel, Depends(channel_to_read)]
ChannelToChange = Annotated[AlertChannel, Depends(channel_to_change)]
