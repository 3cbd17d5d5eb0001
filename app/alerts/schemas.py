"""API shapes of alert channels."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.alerts.chat import ACCEPTED_CHATS, LONGEST_CHAT_URL, is_chat_url
from app.alerts.digest import LABELS
from app.alerts.models import AlertChannel
from app.alerts.outcomes import ACCEPTED_ADDRESS, LONGEST_ADDRESS, is_address
from app.alerts.secrets import masked
from app.events.enums import EventType
from app.web.schemas import ReasonOut

MOST_ADDRESSES = 10
TARGETS = "`addresses` for `email`, `url` for `chat`"
DISABLED = {
    "refused": "The mail server or the chat refused every message for days.",
    "requested": "It was disabled by an API key.",
}
FAILURES = {
    "chat_failed": "The chat did not accept the message.",
    "recipients_refused": "The mail server refused every recipient.",
    "recipient_refused": "The mail server refused some of the recipients.",
    "smtp_not_configured": "The operator has configured no mail server.",
    "smtp_unencrypted": "The operator's mail server offers no usable encryption.",
    "smtp_certificate": "The certificate of the operator's mail server is not valid.",
    "smtp_login_refused": "The operator's mail server refused the login, or needs one.",
    "smtp_message_refused": "The operator's mail server refused the message.",
    "smtp_unavailable": "The operator's mail server did not respond.",
}
OTHER_FAILURE = "The message could not be sent; the log has the error."


def _address(value: str) -> str:
    if not is_address(value):
        raise PydanticCustomError(
            "address_refused", "Not an e-mail address.", {"accepted": ACCEPTED_ADDRESS}
        )
    return value


def _alert(value: EventType) -> EventType:
    if value not in LABELS:
        accepted = ", ".join(LABELS)
        raise PydanticCustomError(
            "no_alert", "No alerts are sent for it.", {"accepted": accepted}
        )
    return value


def _chat(value: SecretStr) -> SecretStr:
    if not is_chat_url(value.get_secret_value()):
        raise PydanticCustomError(
            "chat_refused",
            "Not the URL of an accepted chat.",
            {"accepted": ACCEPTED_CHATS},
        )
    return value


ChatUrl = Annotated[
    SecretStr, Field(max_length=LONGEST_CHAT_URL), AfterValidator(_chat)
]
EmailAddress = Annotated[
    str, Field(max_length=LONGEST_ADDRESS), AfterValidator(_address)
]
Addresses = Annotated[
    list[EmailAddress], Field(min_length=1, max_length=MOST_ADDRESSES)
]
Events = Annotated[
    list[Annotated[EventType, AfterValidator(_alert)]],
    Field(min_length=1, max_length=len(EventType)),
]


class AlertChannelIn(BaseModel):
    """People who get e-mails about events of a store, or a chat."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "addresses": ["ops@shop.example"],
                    "events": ["publication.held", "connection.failed"],
                },
                {
                    "kind": "chat",
                    "url": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7",
                    "events": ["order.due"],
                },
            ]
        },
    )

    kind: Literal["email", "chat"] = "email"
    description: str = Field("", max_length=200)
    addresses: Addresses | None = Field(None, description="of `email`")
    url: ChatUrl | None = Field(None, description="of `chat`; it is not shown again")
    events: Events = Field(description="types of events; all of them: list them")

    @model_validator(mode="after")
    def _one_target(self) -> "AlertChannelIn":
        given = (self.addresses is not None, self.url is not None)
        if given != (self.kind == "email", self.kind == "chat"):
            raise PydanticCustomError(
                "which_target", f"It takes {TARGETS}.", {"accepted": TARGETS}
            )
        return self


class AlertChannelPatch(BaseModel):
    """Changes of a channel; absent fields stay."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"enabled": True}]}
    )

    description: str | None = Field(None, max_length=200)
    addresses: Addresses | None = None
    url: ChatUrl | None = None
    events: Events | None = None
    enabled: StrictBool | None = None


class AlertTestOut(BaseModel):
    """The last test of a channel."""

    state: Literal["pending", "sent", "failed"]
    at: datetime = Field(description="when it was requested")
    failure: ReasonOut | None


class AlertChannelOut(BaseModel):
    """A channel, and how sending goes."""

    id: UUID
    store_id: UUID
    kind: Literal["email", "chat"]
    description: str
    addresses: list[str]
    url: str | None = Field(description="of a chat; only its schema")
    events: list[EventType]
    state: Literal["enabled", "disabled"]
    disabled: ReasonOut | None = Field(description="why; `refused`, `requested`")
    disabled_at: datetime | None
    failure: ReasonOut | None = Field(
        description="of the last message: why it was not, or not fully, sent"
    )
    failing_since: datetime | None = Field(
        description="null: the last message was sent"
    )
    next_attempt_at: datetime | None = Field(description="after a failure")
    last_sent_at: datetime | None
    test: AlertTestOut | None
    created_at: datetime


def channel_out(row: AlertChannel) -> AlertChannelOut:
    test = None
    if row.test_state:
        failure = _failure(row.test_code)
        test = {"state": row.test_state, "at": row.test_at, "failure": failure}
    disabled = None
    if row.state == "disabled" and row.disabled_reason:
        message = DISABLED[row.disabled_reason]
        disabled = ReasonOut(code=row.disabled_reason, message=message)
    return AlertChannelOut.model_validate(
        {
            **row.model_dump(),
            "disabled": disabled,
            "url": masked(row),
            "failure": _failure(row.failure_code),
            "next_attempt_at": row.paused_until,
            "test": test,
        }
    )


def _failure(code: str | None) -> ReasonOut | None:
    if code is None:
        return None
    return ReasonOut(code=code, message=FAILURES.get(code, OTHER_FAILURE))
