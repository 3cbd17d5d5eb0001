"""Tables of catalogs: uploads, row problems, import digests, quick updates."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.columns import (
    KEY,
    MONEY,
    UTC_TIME,
    id_field,
    json_field,
    progress_field,
    time_field,
)


class Catalog(SQLModel, table=True):
    """One upload: the stored file, which is immutable, and the result of its import.

    `as_of` is the time of its data; NULL: when it was received.
    """

    __tablename__ = "catalog"
    __table_args__ = (Index("ix_catalog_store", "store_id", "id"),)

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    mode: str = Field(
        default="full",
        max_length=10,
        sa_column_kwargs={"server_default": text("'full'")},
    )
    state: str = "received"
    phase: str | None = None
    media_type: str
    filename: str | None = Field(default=None, max_length=255)
    size_bytes: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    storage_key: str
    stated: dict[str, Any] = json_field(default=dict)
    detected: dict[str, Any] = json_field(default=dict)
    columns: list[str] = json_field(default=list)
    source_categories: dict[str, int] = json_field(default=dict)
    counts: dict[str, int] = json_field(default=dict)
    problem_counts: dict[str, int] = json_field(default=dict)
    excluded_by: dict[str, int] = json_field(default=dict, filled="'{}'")
    empty_fields: list[str] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    config_version: int | None = None
    as_of: datetime | None = time_field()
    duplicate_of: UUID | None = None
    superseded_by: UUID | None = None
    reason_code: str | None = None
    reason: str | None = None
    accepted: str | None = None
    progress: int = progress_field()
    created_at: datetime = time_field(default_now=True)
    finished_at: datetime | None = time_field()


class UploadReservation(SQLModel, table=True):
    """Bytes that are reserved for an upload in progress; see `uploads/quota.py`.

    No foreign key, as for offers: a trigger on `store` deletes the rows.
    """

    __tablename__ = "upload_reservation"

    store_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    size_bytes: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=UTC_TIME)


class RowProblem(SQLModel, table=True):
    """A problem of one field of one row; the message comes from `problems.py`."""

    __tablename__ = "catalog_problem"

    catalog_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    sku: str | None = None
    value: str | None = None


class OfferDigest(SQLModel, table=True):
    """Row hashes of a store's last import, in parts; see the engine's `digest.py`.

    Valid only for an import with the same `identity`. No foreign key, as for offers:
    a trigger on `store` deletes the rows.
    """

    __tablename__ = "offer_digest"

    store_id: UUID = Field(primary_key=True)
    part: int = Field(primary_key=True, sa_type=SmallInteger)
    identity: str
    separators: dict[str, Any] = json_field(default=dict)
    rows: bytes


class QuickUpdate(SQLModel, table=True):
    """Stock or price of an offer that is newer than the current catalog.

    Each value has the time of its data and overrides catalogs with an earlier one.
    `base_fingerprint` is that of the catalog row. No foreign key, as for offers: a
    trigger on `store` deletes the rows.
    """

    __tablename__ = "quick_update"

    store_id: UUID = Field(primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    base_fingerprint: int | None = Field(default=None, sa_type=BigInteger)
    quantity: int | None = None
    quantity_at: datetime | None = time_field()
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    price_at: datetime | None = time_field()
