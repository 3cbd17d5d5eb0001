"""Drift checks and the listing snapshots that they read."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from app.core.columns import KEY, MONEY, id_field, json_field, time_field


class DriftCheck(SQLModel, table=True):
    """One comparison of a store's offers with all listings in its market.

    `page` is the next page to read, 0 when no check runs. Listings are compared in the
    order of their keys, up to `evaluated_key` so far; `counts` sums the results.
    """

    __tablename__ = "drift_check"

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    read_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    page: int = 0
    evaluated_key: str | None = Field(default=None, sa_type=KEY)
    listings: int = 0
    failures: int = 0
    counts: dict[str, int] = json_field(default=dict)


class ListingImport(SQLModel, table=True):
    """One request to read all listings of a store.

    The store's drift check does the work: it reads the listings, makes unknown ones
    part of the live state, and compares the others. `state` is `requested`, `finished`
    or `failed`; progress is that of the check. `trigger`: `api`, or `publication` for
    the import before the first run.
    """

    __tablename__ = "listing_import"
    __table_args__ = (Index("ix_listing_import_store", "store_id", "id"),)

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    trigger: str
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    listings: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    counts: dict[str, int] = json_field(default=dict, filled="'{}'")
    requested_at: datetime = time_field(default_now=True)
    finished_at: datetime | None = time_field()


class ListingSnapshot(SQLModel, table=True):
    """A listing as read by the current check; deleted when the check ends.

    `found` is false for a listing that does not exist any more. There is no foreign
    key: a trigger deletes the rows with their store.
    """

    __tablename__ = "listing_snapshot"

    store_id: UUID = Field(primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    found: bool = True
    listing_id: str | None = None
    older_id: str | None = None
    grade: str | None = None
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    min_price: Decimal | None = Field(default=None, sa_type=MONEY)
    quantity: int | None = Field(default=None, sa_type=BigInteger)
    warranty_delay: int | None = Field(default=None, sa_type=BigInteger)
    comment: str | None = None
    publication_state: int | None = Field(default=None, sa_type=SmallInteger)
    max_price: Decimal | None = Field(default=None, sa_type=MONEY)
    sku: str | None = None
    title: str | None = None
    product_id: str | None = None
    backmarket_id: int | None = Field(default=None, sa_type=BigInteger)
