"""API shapes of webhook endpoints and deliveries."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.events.enums import EventType
from app.sources.target import LONGEST_URL
from app.web.pagination import BIGGEST
from app.web.schemas import ReasonOut, Timestamp
from app.webhook_endpoints.models import WebhookEndpoint
from app.webhook_endpoints.outcomes import DeliveryState, DisabledReason

MOST_STORES = 100
OWNERS = "one of store_ids and seller_account_id, or neither"
WHICH = "event_id, or from and to"
OFFERED = [each for each in EventType if each is not EventType.ENDPOINT_TEST]
Events = Annotated[list[EventType], Field(min_length=1, max_length=len(EventType))]
Url = Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
SENTENCES: dict[DisabledReason, str] = {
    "failing": "Every request failed for days.",
    "gone": "The endpoint responded with 410 Gone.",
    "requested": "It was disabled by an API key.",
}


class EndpointIn(BaseModel):
    """A new endpoint, of some stores, of a seller account, or of all stores."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://shop.example/refeed-events",
                    "events": ["order.created", "publication.held"],
                    "store_ids": ["0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11"],
                }
            ]
        },
    )

    url: Url = Field(description="https; redirects are not followed")
    description: str = Field("", max_length=200)
    events: Events | None = Field(None, description="absent or null: every type")
    store_ids: (
        Annotated[list[UUID], Field(min_length=1, max_length=MOST_STORES)] | None
    ) = Field(None, description="only events that concern these stores")
    seller_account_id: UUID | None = Field(
        None, description="events of the account and of all its stores"
    )

    @model_validator(mode="after")
    def _one_owner(self) -> "EndpointIn":
        if self.store_ids is not None and self.seller_account_id is not None:
            raise PydanticCustomError(
                "which_owner", f"It takes {OWNERS}.", {"accepted": OWNERS}
            )
        return self


class EndpointPatch(BaseModel):
    """Changes of an endpoint; absent fields stay."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"enabled": True}]}
    )

    url: Url | None = None
    description: str | None = Field(None, max_length=200)
    events: Events | None = Field(None, description="null: every type")
    enabled: StrictBool | None = None


class MissedPeriod(BaseModel):
    """A period, as the body of a replay has it."""

    from_: datetime = Field(alias="from")
    to: datetime = Field(description="exclusive")


class EndpointOut(BaseModel):
    """An endpoint and how it responds. Its secret is not shown again."""

    id: UUID
    url: str
    description: str
    events: list[EventType] | None = Field(description="null: every type")
    store_ids: list[UUID] | None = Field(description="only events of these stores")
    seller_account_id: UUID | None
    state: Literal["enabled", "disabled"]
    disabled: ReasonOut | None = Field(
        description="why; `failing`, `gone`, `requested`"
    )
    disabled_at: datetime | None
    failing_since: datetime | None = Field(
        description="the first of the failures since the last success"
    )
    last_success_at: datetime | None
    missed: MissedPeriod | None = Field(
        description="it was disabled then and got no events: replay the period; null: "
        "none, or it was replayed"
    )
    created_at: datetime


class EndpointIssued(EndpointOut):
    """A new endpoint with its secret, which is shown only once."""

    secret: str = Field(description="`whsec_...`, for a Standard Webhooks library")


class EndpointSecretOut(BaseModel):
    """A new secret. It is shown only once."""

    secret: str = Field(description="`whsec_...`, for a Standard Webhooks library")
    previous_until: datetime = Field(
        description="until then the replaced secret signs, too"
    )


class AttemptOut(BaseModel):
    """One request of a delivery."""

    at: datetime
    ms: int = Field(description="how long it took")
    status: int | None = Field(description="of the response; null: there was none")
    code: str | None = Field(description="why it failed; null: it did not")
    message: str | None = Field(description="for a failure; of a response, its start")


class DeliveryOut(BaseModel):
    """An event for an endpoint, and its outcome."""

    event_id: UUID = Field(description="the `webhook-id`, the same in each attempt")
    type: EventType
    subject_id: UUID
    occurred_at: datetime
    state: DeliveryState
    attempts: int = Field(description="since the event, or since the last replay")
    next_attempt_at: datetime | None = Field(
        description="an older event of the subject goes first; null: none"
    )
    last_attempt: AttemptOut | None
    ended_at: datetime | None


class DeliveryDetail(DeliveryOut):
    """A delivery with its last attempts and what is sent."""

    log: list[AttemptOut] = Field(description="the last ten attempts, newest first")
    payload: dict[str, Any]


class ReplayIn(BaseModel):
    """Which events to send again: one, or those of a period."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z"},
                {"event_id": "0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11"},
            ]
        },
    )

    event_id: UUID | None = None
    from_: Timestamp | None = Field(None, alias="from")
    to: Timestamp | None = Field(None, description="exclusive")
    events: Events | None = Field(
        None, description="of these types; absent: those of the endpoint"
    )
    after: StrictInt | None = Field(
        None, ge=0, le=BIGGEST, description="`next` of the response before"
    )

    @model_validator(mode="after")
    def _one_or_period(self) -> "ReplayIn":
        period = self.from_ is not None and self.to is not None
        partly = self.from_ is not None or self.to is not None
        if (self.event_id is None) != period or (self.event_id and partly):
            raise PydanticCustomError(
                "which_events", f"It needs {WHICH}.", {"accepted": WHICH}
            )
        return self


class ReplayOut(BaseModel):
    """How many events are due again."""

    replayed: int
    next: int | None = Field(
        description="more of the period follow: repeat the request with it as `after`"
    )


def endpoint_out(
    row: WebhookEndpoint, store_ids: Sequence[UUID], **more: object
) -> dict[str, Any]:
    """The fields of `EndpointOut`."""
    disabled = missed = None
    if row.missed_from and row.missed_to:
        missed = {"from": row.missed_from, "to": row.missed_to}
    if row.state == "disabled" and row.disabled_reason:
        message = SENTENCES[row.disabled_reason]  # type: ignore[index]
        disabled = ReasonOut(code=row.disabled_reason, message=message)
    return {
        **row.model_dump(),
        "seller_account_id": row.account_id,
        "store_ids": list(store_ids) or None,
        "disabled": disabled,
        "missed": missed,
        **more,
    }


def delivery_out(row: Any) -> DeliveryOut:  # noqa: ANN401 - a row
    return DeliveryOut.model_validate(_delivery(row))


def delivery_detail(row: Any) -> DeliveryDetail:  # noqa: ANN401 - a row
    return DeliveryDetail.model_validate(
        _delivery(row) | {"log": row.log, "payload": json.loads(row.body)}
    )


def _delivery(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    names = ("event_id", "type", "subject_id", "occurred_at", "state", "attempts")
    return {
        **{name: getattr(row, name) for name in names},
        "next_attempt_at": row.next_attempt_at if row.state == "pending" else None,
        "last_attempt": row.log[0] if row.log else None,
        "ended_at": row.ended_at,
    }
