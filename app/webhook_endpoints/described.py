"""The `webhooks` of the API document: one request per type of event."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, status
from pydantic import BaseModel, create_model
from starlette.routing import BaseRoute

from app.events.enums import EventType
from app.webhook_endpoints.payloads import DATA

Id = Annotated[str, Header(description="the same in each attempt: deduplicate by it")]
SentAt = Annotated[str, Header(description="when it is sent, in seconds since 1970")]
Signature = Annotated[
    str, Header(description="Standard Webhooks: `v1,...`, during a rotation two")
]
RESPONSES: dict[int | str, dict[str, Any]] = {
    "2XX": {"description": "The event has arrived."},
    "4XX": {"description": "It is sent again later; 410 disables the endpoint."},
    "5XX": {"description": "It is sent again later."},
}


def webhook_routes() -> Sequence[BaseRoute]:
    """Routes that describe the requests of endpoints. They are not served."""
    webhooks = APIRouter()
    for kind, data in DATA.items():
        webhooks.add_api_route(
            str(kind),
            _receiver(event_model(kind, data)),
            methods=["POST"],
            operation_id=re.sub(r"\W", "_", f"receive_{kind}"),
            summary=summary_of(data),
            tags=["webhooks out"],
            status_code=status.HTTP_204_NO_CONTENT,
            responses=RESPONSES,
        )
    return webhooks.routes


def event_model(kind: EventType, data: type[BaseModel]) -> type[BaseModel]:
    """The body: type, timestamp and data, as Standard Webhooks specifies."""
    fields: dict[str, Any] = {
        "type": Literal[str(kind)],
        "timestamp": datetime,
        "data": data,
    }
    name = data.__name__.removesuffix("Data") + "Event"
    about = f"The body of the webhook `{kind}`."
    model: type[BaseModel] = create_model(name, __doc__=about, **fields)
    return model


def summary_of(data: type[BaseModel]) -> str:
    return (data.__doc__ or "").removesuffix(".")


def _receiver(body: type[BaseModel]) -> Callable[..., None]:
    def receive(
        event: BaseModel,
        webhook_id: Id,
        webhook_timestamp: SentAt,
        webhook_signature: Signature,
    ) -> None:
        """Not served: the merchant's endpoint receives it."""

    receive.__annotations__["event"] = body
    receive.__doc__ = None
    return receive
