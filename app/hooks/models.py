"""Tables of webhook secrets and of accepted webhooks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, time_field


class HookSecret(SQLModel, table=True):
    """One secret, encrypted for its row. `valid_until`: when a replaced one expires."""

    __tablename__ = "hook_secret"
    __table_args__ = (
        Index(
            "ux_hook_secret_current",
            "store_id",
            unique=True,
            postgresql_where=text("valid_until IS NULL"),
        ),
        Index("ix_hook_secret_store", "store_id"),
    )

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    cipher: bytes
    key_id: str
    created_at: datetime = time_field(default_now=True)
    valid_until: datetime | None = time_field()


class HookCall(SQLModel, table=True):
    """An accepted webhook by its id: a repeat gets the same response."""

    __tablename__ = "hook_call"
    __table_args__ = (Index("ix_hook_call_received", "received_at"),)

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    webhook_id: str = Field(max_length=255, primary_key=True)
    body_sha256: bytes
    publication_id: UUID | None = None
    received_at: datetime = time_field(default_now=True)
