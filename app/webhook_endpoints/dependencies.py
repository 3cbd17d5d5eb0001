"""Route dependencies: load the endpoint, check `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.access.dependencies import Reader, Writer
from app.database import Tx
from app.web.etags import IfMatch, require_version
from app.webhook_endpoints import service
from app.webhook_endpoints.models import WebhookEndpoint


async def endpoint_to_read(
    endpoint_id: UUID, tx: Tx, caller: Reader
) -> WebhookEndpoint:
    return await service.load(tx.session, caller, endpoint_id)


async def endpoint_to_change(
    endpoint_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: IfMatch = None,
) -> WebhookEndpoint:
    """The endpoint, locked. Raises PreconditionFailedError when it has changed."""
    endpoint = await service.load(tx.session, caller, endpoint_id, lock=True)
    require_version(endpoint, if_match, "endpoint")
    return endpoint


EndpointToRead = Annotated[WebhookEndpoint, Depends(endpoint_to_read)]
EndpointToChange = Annotated[WebhookEndpoint, Depends(endpoint_to_change)]
