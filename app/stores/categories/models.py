"""Tables of Back Market's categories as last fetched, one snapshot per language."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, json_field, time_field


class CategorySnapshot(SQLModel, table=True):
    """The categories of a platform in one language; a failed refresh keeps them."""

    __tablename__ = "category_snapshot"
    __table_args__ = (UniqueConstraint("platform", "environment", "locale"),)

    id: UUID = id_field()
    platform: str
    environment: str
    locale: str
    digest: str | None = Field(default=None, max_length=64)
    requested_at: datetime | None = time_field()
    fetched_at: datetime | None = time_field()
    next_at: datetime = time_field(default_now=True)
    failures: int = 0
    error_code: str | None = None
    error: str | None = Field(default=None, max_length=500)
    created_at: datetime = time_field(default_now=True)


class CategoryNode(SQLModel, table=True):
    """A branch or leaf; `position` is its rank in depth-first order."""

    __tablename__ = "category_node"
    __table_args__ = (
        Index("ux_category_node_category", "snapshot_id", "category_id", unique=True),
    )

    snapshot_id: UUID = Field(
        foreign_key="category_snapshot.id", ondelete="CASCADE", primary_key=True
    )
    position: int = Field(primary_key=True)
    category_id: int = Field(sa_type=BigInteger)
    parent_id: int | None = Field(default=None, sa_type=BigInteger)
    name: str
    path: str
    search: str
    is_leaf: bool
    attributes: list[dict[str, Any]] = json_field(default=list)
