"""Tables of webhook endpoints, their stores and secrets, and of deliveries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.columns import UTC_TIME, id_field, json_field, time_field


class WebhookEndpoint(SQLModel, table=True):
    """Where events are sent to, and how the last attempts went.

    `scope`: `stores`, `account` or `all`. `events`: None means every type. `failures`
    in a row since `failing_since`; nothing is sent before `paused_until`. `slow`: the
    last responses took long. `missed_*`: while it was disabled it got no events.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        Index("ix_webhook_endpoint_account", "account_id"),
        Index("ix_webhook_endpoint_all", "id", postgresql_where=text("scope = 'all'")),
    )

    id: UUID = id_field()
    scope: str
    account_id: UUID | None = Field(
        default=None, foreign_key="seller_account.id", ondelete="CASCADE"
    )
    url: str = Field(max_length=2000)
    description: str = Field(default="", max_length=200)
    events: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    state: str = "enabled"
    disabled_reason: str | None = None
    disabled_at: datetime | None = time_field()
    failures: int = 0
    failing_since: datetime | None = time_field()
    paused_until: datetime | None = time_field()
    slow: bool = False
    last_success_at: datetime | None = time_field()
    missed_from: datetime | None = time_field()
    missed_to: datetime | None = time_field()
    version: int = 1
    created_at: datetime = time_field(default_now=True)


class WebhookEndpointStore(SQLModel, table=True):
    """A store of an endpoint with the scope `stores`."""

    __tablename__ = "webhook_endpoint_store"
    __table_args__ = (Index("ix_webhook_endpoint_store_store", "store_id"),)

    endpoint_id: UUID = Field(
        foreign_key="webhook_endpoint.id", ondelete="CASCADE", primary_key=True
    )
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)


class WebhookEndpointSecret(SQLModel, table=True):
    """One secret, encrypted for its row. `valid_until`: when a replaced one expires."""

    __tablename__ = "webhook_endpoint_secret"
    __table_args__ = (
        Index("ix_webhook_endpoint_secret_endpoint", "endpoint_id"),
        Index(
            "ux_webhook_endpoint_secret_current",
            "endpoint_id",
            unique=True,
            postgresql_where=text("valid_until IS NULL"),
        ),
    )

    id: UUID = id_field()
    endpoint_id: UUID = Field(foreign_key="webhook_endpoint.id", ondelete="CASCADE")
    cipher: bytes
    key_id: str
    created_at: datetime = time_field(default_now=True)
    valid_until: datetime | None = time_field()


class EventDelivery(SQLModel, table=True):
    """One event for one endpoint: `pending`, `delivered` or `failed`.

    `attempts` counts since the event, or since the last replay; `log` has the last
    attempts, newest first. `subject_id` and `position` are those of the event.
    """

    __tablename__ = "event_delivery"
    __table_args__ = (
        Index(
            "ix_event_delivery_due",
            "endpoint_id",
            "next_attempt_at",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_event_delivery_subject",
            "endpoint_id",
            "subject_id",
            "position",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_event_delivery_event", "event_id"),
    )

    endpoint_id: UUID = Field(
        foreign_key="webhook_endpoint.id", ondelete="CASCADE", primary_key=True
    )
    event_id: UUID = Field(foreign_key="event.id", ondelete="CASCADE", primary_key=True)
    type: str
    subject_id: UUID
    position: int = Field(sa_type=BigInteger)
    state: str = "pending"
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_type=UTC_TIME)
    log: list[dict[str, Any]] = json_field(default=list)
    ended_at: datetime | None = time_field()
