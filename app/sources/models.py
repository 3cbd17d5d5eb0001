"""Table of catalog sources: URL, schedule and last pull."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, json_field, time_field


class CatalogSource(SQLModel, table=True):
    """The source of a store's catalog. The password is encrypted for this row.

    `state`: `idle`, `requested` or `pulling`. `version` increases when the source is
    replaced, so that a running pull of the old one is discarded.
    """

    __tablename__ = "catalog_source"
    __table_args__ = (
        Index("ux_catalog_source_store", "store_id", unique=True),
        Index(
            "ix_catalog_source_due",
            "next_pull_at",
            postgresql_where=text("next_pull_at IS NOT NULL"),
        ),
    )

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    url: str = Field(max_length=2000)
    interval_s: int | None = None
    scheduled: bool = True
    username: str | None = Field(default=None, max_length=200)
    password_cipher: bytes | None = None
    password_key_id: str | None = Field(default=None, max_length=16)
    stated: dict[str, Any] = json_field(default=dict)
    etag: str | None = None
    last_modified: str | None = None
    state: str = "idle"
    failures: int = 0
    last_pull: dict[str, Any] | None = json_field()
    next_pull_at: datetime | None = time_field()
    requested_at: datetime | None = time_field()
    started_at: datetime | None = time_field()
    version: int = 1
    created_at: datetime = time_field(default_now=True)
