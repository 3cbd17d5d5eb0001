"""The `audit_entry` table. A trigger refuses UPDATE, DELETE and TRUNCATE."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from app.core.columns import id_field, json_field, time_field


class AuditEntry(SQLModel, table=True):
    """One change. Without foreign keys: it outlives what it is about.

    `key_id`: the API key; NULL for the admin key, and for automations, which have a
    `rule`. `differences` are the first `MAX_LISTED` of `changed` values.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_store", "store_id", "id"),
        Index("ix_audit_entry_subject", "subject_id", "id"),
        Index("ix_audit_entry_actor", "actor", "id"),
        Index("ix_audit_entry_at", "at"),
    )

    id: UUID = id_field()
    at: datetime = time_field(default_now=True)
    key_id: UUID | None = None
    actor: str
    rule: str | None = None
    action: str
    subject_type: str
    subject_id: str
    store_id: UUID | None = None
    account_id: UUID | None = None
    differences: list[dict[str, Any]] = json_field(default=list)
    changed: int = 0
