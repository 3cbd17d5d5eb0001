"""The `event` table: the outbox."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlmodel import Field, SQLModel

from app.core.columns import KEY, id_field, time_field


def _position() -> Any:  # noqa: ANN401 - SQLModel's Field is Any by design
    return Field(
        default=None,
        sa_column=Column(BigInteger, Identity(always=False), nullable=False),
    )


def _transaction() -> Any:  # noqa: ANN401 - as above
    return Field(
        default=None,
        sa_column=Column(
            BigInteger,
            server_default=text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
    )


class Event(SQLModel, table=True):
    """What happened to a subject, of a store or of a whole seller account.

    `country`: that of an order, which decides which stores see it. `position` orders
    the events of a subject, `transaction_id` all events for those who read them as a
    stream. `body`: the bytes that a webhook sends.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_account", "account_id", "occurred_at"),
        Index(
            "ix_event_store",
            "store_id",
            "occurred_at",
            postgresql_where=text("store_id IS NOT NULL"),
        ),
        Index("ix_event_occurred", "occurred_at"),
        Index("ix_event_feed", "transaction_id", "position"),
    )

    id: UUID = id_field()
    position: int | None = _position()
    transaction_id: int | None = _transaction()
    type: str
    account_id: UUID | None = Field(
        default=None, foreign_key="seller_account.id", ondelete="CASCADE"
    )
    store_id: UUID | None = Field(
        default=None, foreign_key="store.id", ondelete="CASCADE"
    )
    country: str | None = Field(default=None, sa_type=KEY)
    subject_id: UUID
    occurred_at: datetime = time_field(default_now=True)
    body: str
