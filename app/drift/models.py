"""Drift checks, the listings that they read, and listings of other markets."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY
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


class OtherMarketCheck(SQLModel, table=True):
    """The last read of the markets in which the account has no store in refeed.

    `markets`: those that are still to be read, the first one from `page` on.
    """

    __tablename__ = "other_market_check"

    account_id: UUID = Field(
        foreign_key="seller_account.id", ondelete="CASCADE", primary_key=True
    )
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    read_at: datetime | None = time_field()
    """When all markets were last read."""
    markets: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(String),
        sa_column_kwargs={"server_default": text("'{}'")},
    )
    page: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    failures: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class OtherMarketListing(SQLModel, table=True):
    """A listing and the markets without a store in which it was online.

    `found`: where the read that runs has found it so far.
    """

    __tablename__ = "other_market_listing"

    account_id: UUID = Field(
        foreign_key="seller_account.id", ondelete="CASCADE", primary_key=True
    )
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    markets: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(String),
        sa_column_kwargs={"server_default": text("'{}'")},
    )
    found: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(String),
        sa_column_kwargs={"server_default": text("'{}'")},
    )
