"""The `api_key` table. The key itself is never stored, only its keyed hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, time_field


class ApiKey(SQLModel, table=True):
    """A bearer key: admin, or scoped to stores and to read or write."""

    __tablename__ = "api_key"

    id: UUID = id_field()
    name: str = Field(max_length=100)
    digest: str = Field(unique=True, max_length=64)
    hint: str = Field(max_length=12)
    scope: str
    store_ids: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    created_at: datetime = time_field(default_now=True)
    expires_at: datetime | None = time_field()
    last_used_at: datetime | None = time_field()
    revoked_at: datetime | None = time_field()
