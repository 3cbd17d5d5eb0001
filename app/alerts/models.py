"""Tables of alert channels, and of events that wait for their message."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.columns import UTC_TIME, id_field, time_field


class AlertChannel(SQLModel, table=True):
    """Addresses that get messages about events of a store, and how sending went.

    `failures` in a row since `failing_since`, all with `failure_code`. `remaining`:
    addresses that have not accepted the claimed message yet. A chat has a `service` and
    its URL, encrypted for the row, instead of addresses. `test_*`: the last test.
    """

    __tablename__ = "alert_channel"
    __table_args__ = (
        Index("ix_alert_channel_store", "store_id"),
        Index(
            "ix_alert_channel_test",
            "id",
            postgresql_where=text("test_state = 'pending'"),
        ),
    )

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    kind: str = "email"
    description: str = Field(default="", max_length=200)
    events: list[str] = Field(sa_type=ARRAY(String))
    addresses: list[str] = Field(sa_type=ARRAY(String))
    remaining: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    service: str | None = None
    cipher: bytes | None = None
    cipher_key_id: str | None = None
    state: str = "enabled"
    disabled_reason: str | None = None
    disabled_at: datetime | None = time_field()
    failures: int = 0
    failing_since: datetime | None = time_field()
    failure_code: str | None = None
    paused_until: datetime | None = time_field()
    last_sent_at: datetime | None = time_field()
    test_state: str | None = None
    test_code: str | None = None
    test_at: datetime | None = time_field()
    version: int = 1
    created_at: datetime = time_field(default_now=True)


class AlertPending(SQLModel, table=True):
    """One event for one channel; `claimed`: it is in the message being sent."""

    __tablename__ = "alert_pending"
    __table_args__ = (
        Index("ix_alert_pending_created", "channel_id", "created_at"),
        Index(
            "ix_alert_pending_claimed",
            "channel_id",
            "position",
            postgresql_where=text("claimed"),
        ),
        Index("ix_alert_pending_event", "event_id"),
    )

    channel_id: UUID = Field(
        foreign_key="alert_channel.id", ondelete="CASCADE", primary_key=True
    )
    event_id: UUID = Field(foreign_key="event.id", ondelete="CASCADE", primary_key=True)
    position: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=UTC_TIME)
    claimed: bool = False
