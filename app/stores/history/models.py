"""The `store_version` table: versions of settings, mapping and categories."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.columns import json_field, time_field


class StoreVersion(SQLModel, table=True):
    """One version of a part of a store; numbers count up per store and part.

    `key_id`: the API key that set it; NULL for the admin key and for content that is
    older than its first version. It never has a token, only the account's id.
    """

    __tablename__ = "store_version"

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    part: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    content: Any = json_field()
    differences: list[dict[str, Any]] = json_field(default=list)
    changed: int = 0
    key_id: UUID | None = None
    set_by: str
    restored_from: int | None = None
    created_at: datetime = time_field(default_now=True)
