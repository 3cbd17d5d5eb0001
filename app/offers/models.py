"""Tables of offers: desired state, live state and checks against listings."""

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

from app.core.columns import KEY, MONEY, time_field
from app.core.sql import load_sql

PROBLEMS = Numeric(39, 0)
"""A mask of 127 bits. SQL compares it with 0 and looks at no bit."""
DIRTY = load_sql(__package__, "dirty.sql")["dirty"]


class Offer(SQLModel, table=True):
    """Desired state of one SKU, and what Back Market shows of it (`live_*`).

    `desired_state`: `active` (in the newest catalog and valid), `retained` (its row is
    invalid now: only a lower quantity may go out), `absent`, or `unmatched` (a listing
    that no catalog has named; only a decision sets it to 0). A live value is the one
    accepted or read last; `live_quantity` falls with each unit sold after
    `live_quantity_at`, when it was sent or when reading began. `listed`: there is a
    listing with a price in the store's market.

    `quantity` is what the merchant stated for the time `quantity_as_of` (NULL: the
    time of the current catalog), `units_sold` what was sold since, and `quantity_limit`
    the most that an outdated statement may say. Their result is `desired_quantity` of
    `offer_view`. `fingerprint` is that of the row in the newest catalog, else NULL.

    `sku_key` is the SKU in NFC and lower case, since SKUs are unique case-insensitively
    (Back Market API, listings). No foreign key: its trigger would run per row of
    a COPY; the service that deletes a store deletes its offers.
    """

    __tablename__ = "offer"
    __table_args__ = (
        # Without the key: a first load makes every offer dirty, one by one.
        Index("ix_offer_dirty", "store_id", postgresql_where=text("dirty")),
        Index(
            "ix_offer_held",
            "store_id",
            "sku_key",
            postgresql_where=text("held_code IS NOT NULL"),
        ),
        Index(
            "ix_offer_ean",
            "store_id",
            "ean",
            postgresql_where=text("ean IS NOT NULL"),
        ),
        Index(
            "ix_offer_problems",
            "store_id",
            "sku_key",
            postgresql_where=text("problems <> 0"),
        ),
        Index(
            "ix_offer_unmatched",
            "store_id",
            "sku_key",
            postgresql_where=text("desired_state = 'unmatched'"),
        ),
        Index(
            "ix_offer_imported",
            "store_id",
            "sku_key",
            postgresql_where=text(
                "listed AND live_ean IS NULL AND live_title IS NOT NULL"
            ),
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
    desired_state: str
    fingerprint: int | None = Field(default=None, sa_type=BigInteger)
    problems: int = Field(
        default=0, sa_type=PROBLEMS, sa_column_kwargs={"server_default": text("0")}
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
    quantity_as_of: datetime | None = time_field()
    quantity_limit: int | None = None
    units_sold: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})

    listed: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    live_ean: str | None = None
    live_grade: str | None = None
    live_price: Decimal | None = Field(default=None, sa_type=MONEY)
    live_quantity: int | None = None
    live_min_price: Decimal | None = Field(default=None, sa_type=MONEY)
    live_warranty_delay: int | None = Field(default=None, sa_type=SmallInteger)
    live_comment: str | None = None
    live_shipping: str | None = None
    live_title: str | None = None
    live_sku: str | None = None
    """The SKU as its listing spells it, or as it was created; None: not known."""
    live_product_id: str | None = None
    live_at: datetime | None = time_field()
    live_quantity_at: datetime | None = time_field()
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

    # What kind of refusal, of which content, and when it may be sent again.
    error_class: str | None = None
    error_content: int | None = Field(default=None, sa_type=BigInteger)
    error_retry_at: datetime | None = time_field()
    held_code: str | None = None
    """Why the last plan held a change of the offer; meaningful while it is dirty."""

    dirty: bool | None = Field(
        default=None,
        sa_column=Column(
            "dirty", Boolean, Computed(DIRTY, persisted=True), nullable=False
        ),
    )


class OfferCheck(SQLModel, table=True):
    """The result of the last read of an offer's listing: shown values and drift.

    `price` to `comment_sum` are the accepted values that the listing has shown at least
    once (the comment as `hashtextextended`): a value that was seen and differs now was
    changed by hand, one that was never seen was not applied. `drift` holds, by field,
    `ours`, `theirs`, `kind`, `action` and `seen_at`. No foreign key, as for offers.
    """

    __tablename__ = "offer_check"
    __table_args__ = (
        Index(
            "ix_offer_check_drift",
            "store_id",
            "sku_key",
            postgresql_where=text("drift IS NOT NULL"),
        ),
    )

    store_id: UUID = Field(primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    seen_at: datetime = time_field(default_now=True)
    confirmed_at: datetime | None = time_field()
    missing_at: datetime | None = time_field()
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    quantity: int | None = None
    min_price: Decimal | None = Field(default=None, sa_type=MONEY)
    warranty_delay: int | None = Field(default=None, sa_type=SmallInteger)
    comment_sum: int | None = Field(default=None, sa_type=BigInteger)
    drift: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class SoldListing(SQLModel, table=True):
    """A listing to read: `units` were sold that its live quantity may know or not."""

    __tablename__ = "sold_listing"

    account_id: UUID = Field(
        foreign_key="seller_account.id", ondelete="CASCADE", primary_key=True
    )
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    units: int


class OfferTitle(SQLModel, table=True):
    """The title of an offer in the catalog, where it was compared with a listing's.

    `similarity` (0 to 100) is that to the title of its own listing, or of the unmatched
    listing `renames_key` that the row probably renames. No foreign key, as for offers.
    """

    __tablename__ = "offer_title"
    __table_args__ = (
        Index(
            "ix_offer_title_renames",
            "store_id",
            "renames_key",
            postgresql_where=text("renames_key IS NOT NULL"),
        ),
    )

    store_id: UUID = Field(primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    title: str
    similarity: int = Field(sa_type=SmallInteger)
    renames_key: str | None = Field(default=None, sa_type=KEY)


class TitleCheck(SQLModel, table=True):
    """What was compared last: a hash of it, and whether there was more to compare."""

    __tablename__ = "title_check"

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    digest: str
    is_cut: bool
    checked_at: datetime = time_field(default_now=True)
