"""Catalogs, the problems of their rows, and the offers a store wants to sell."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Index,
    Numeric,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.columns import (
    KEY,
    MONEY,
    id_field,
    json_field,
    progress_field,
    time_field,
)


class Catalog(SQLModel, table=True):
    """One upload, kept as it came, immutable, with what became of its rows."""

    __tablename__ = "catalog"
    __table_args__ = (Index("ix_catalog_store", "store_id", "id"),)

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    state: str = "received"
    phase: str | None = None
    media_type: str
    filename: str | None = Field(default=None, max_length=255)
    size_bytes: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    storage_key: str
    given: dict[str, Any] = json_field(default=dict)
    found: dict[str, Any] = json_field(default=dict)
    columns: list[str] = json_field(default=list)
    source_categories: dict[str, int] = json_field(default=dict)
    counts: dict[str, int] = json_field(default=dict)
    problem_counts: dict[str, int] = json_field(default=dict)
    empty_fields: list[str] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    config_version: int | None = None
    same_as: UUID | None = None
    reason_code: str | None = None
    reason: str | None = None
    accepted: str | None = None
    progress: int = progress_field()
    created_at: datetime = time_field(default_now=True)
    finished_at: datetime | None = time_field()


class RowProblem(SQLModel, table=True):
    """What is wrong with one field of one row; the words come from `problems.py`."""

    __tablename__ = "catalog_problem"

    catalog_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    sku: str | None = None
    value: str | None = None


DIRTY = """CASE
  WHEN standing = 'wanted' THEN NOT listed
    OR price IS DISTINCT FROM accepted_price
    OR quantity IS DISTINCT FROM accepted_quantity
    OR (min_price IS NOT NULL AND min_price IS DISTINCT FROM accepted_min_price)
    OR (warranty_delay IS NOT NULL
        AND warranty_delay IS DISTINCT FROM accepted_warranty_delay)
    OR (comment IS NOT NULL AND comment IS DISTINCT FROM accepted_comment)
    OR (shipping IS NOT NULL AND shipping IS DISTINCT FROM accepted_shipping)
    OR ean IS DISTINCT FROM accepted_ean
    OR grade IS DISTINCT FROM accepted_grade
  WHEN standing = 'kept' THEN
    listed AND quantity IS NOT NULL AND quantity < accepted_quantity
  ELSE listed AND accepted_quantity > 0
END"""
"""When an offer may differ from what Back Market last accepted.

A field that the store does not map (NULL) is not managed and is no difference.
"""


class Offer(SQLModel, table=True):
    """What a store wants to sell under one SKU beside what Back Market accepted.

    `standing`: `wanted` (in the newest catalog and valid), `kept` (its row is
    invalid now: the baseline stays, only a lower quantity may go out), `gone`.
    `sku_key` is the SKU in lower case, since SKUs are unique case-insensitively
    (Back Market API, listings). No foreign key: its trigger would run per row of
    a COPY; the service that deletes a store deletes its offers.
    `fingerprint` is that of the row in the newest catalog, NULL when not in it.
    """

    __tablename__ = "offer"
    __table_args__ = (
        # Without the key: a first load makes every offer dirty, one by one.
        Index("ix_offer_dirty", "store_id", postgresql_where=text("dirty")),
        Index(
            "ix_offer_problems",
            "store_id",
            "sku_key",
            postgresql_where=text("problems <> 0"),
        ),
        Index(
            "ix_offer_in_error",
            "store_id",
            "sku_key",
            postgresql_where=text("in_error"),
        ),
    )

    store_id: UUID = Field(primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    sku: str
    standing: str
    fingerprint: int | None = Field(default=None, sa_type=BigInteger)
    problems: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")}
    )

    ean: str | None = None
    product_id: str | None = None
    grade: str | None = None
    new_battery: bool | None = None
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    quantity: int | None = None
    min_price: Decimal | None = Field(default=None, sa_type=MONEY)
    warranty_delay: int | None = Field(default=None, sa_type=SmallInteger)
    comment: str | None = None
    shipping: str | None = None
    cost: Decimal | None = Field(default=None, sa_type=MONEY)
    cpa: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))

    listed: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    accepted_ean: str | None = None
    accepted_grade: str | None = None
    accepted_price: Decimal | None = Field(default=None, sa_type=MONEY)
    accepted_quantity: int | None = None
    accepted_min_price: Decimal | None = Field(default=None, sa_type=MONEY)
    accepted_warranty_delay: int | None = Field(default=None, sa_type=SmallInteger)
    accepted_comment: str | None = None
    accepted_shipping: str | None = None
    accepted_at: datetime | None = time_field()
    listing_id: str | None = None
    backmarket_id: int | None = Field(default=None, sa_type=BigInteger)
    publication_state: int | None = Field(default=None, sa_type=SmallInteger)
    max_price: Decimal | None = Field(default=None, sa_type=MONEY)

    in_error: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    error_code: str | None = None
    error_message: str | None = None
    error_at: datetime | None = time_field()
    error_count: int = Field(
        default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")}
    )

    dirty: bool | None = Field(
        default=None,
        sa_column=Column("dirty", Boolean, Computed(DIRTY, persisted=True)),
    )


class OfferDigest(SQLModel, table=True):
    """What the last import of a store saw, in parts; see the engine's `digest.py`.

    Only an import that has the same `identity` may believe it. No foreign key, as
    for offers: the service that deletes a store deletes it.
    """

    __tablename__ = "offer_digest"

    store_id: UUID = Field(primary_key=True)
    part: int = Field(primary_key=True, sa_type=SmallInteger)
    identity: str
    signs: dict[str, Any] = json_field(default=dict)
    rows: bytes
