"""Route dependencies: load the endpoint, check `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from app.access.dependencies import Reader, Writer
from app.core.errors import FieldError, PreconditionFailedError
from app.database import Tx
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
    if_match: Annotated[
        str | None, Header(description="the ETag that the change is based on")
    ] = None,
) -> WebhookEndpoint:
    """The endpoint, locked. Raises PreconditionFailedError when it has changed."""
    endpoint = await service.load(tx.session, caller, endpoint_id, lock=True)
    named = {tag.strip() for tag in (if_match or "*").split(",")}
    if not named & {"*", etag(endpoint)}:
        message = "The endpoint has changed since you read it."
        raise PreconditionFailedError(
            message,
            errors=[FieldError("if-match", "not_current", message, etag(endpoint))],
            current=etag(endpoint),
        )
    return endpoint


def etag(endpoint: WebhookEndpoint) -> str:
    return f'"{endpoint.version}"'


EndpointToRead = Annotated[WebhookEndpoint, Depends(endpoint_to_read)]
EndpointToChange = Annotated[WebhookEndpoint, Depends(endpoint_to_change)]
