"""Orders with their lines, order syncs, and actions with their submissions."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.columns import (
    KEY,
    MONEY,
    UTC_TIME,
    id_field,
    json_field,
    time_field,
    utc_now,
)

DISPATCH = "COALESCE(dispatch_by, '9999-01-01 00:00:00+00'::timestamp with time zone)"
"""The dispatch date as lists are sorted by it: orders without one come last."""
OPEN_FOR_SELLER = "state IN (1, 3) AND outcome = 'open'"
"""Orders that the seller may be late with."""
UNFINISHED = "state IN (0, 10, 1, 3)"
OPEN_ACTION = "state IN ('requested', 'running', 'waiting')"


class SalesOrder(SQLModel, table=True):
    """One order of a seller account, as last fetched.

    `marketplace_id` is Back Market's `order_id`. `created_at` is when the buyer
    ordered; it never changes and sorts lists. `version` counts changes of the content
    and of what the merchant notes: the fields from `merchant_order_id` to `note`.
    `other_fields` has the fields without a column. `read_at` is when it was read last,
    changed or not; `missing_since` when Back Market first answered that it is unknown.
    """

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("account_id", "marketplace_id"),
        Index("ix_sales_order_created", "account_id", "created_at", "id"),
        Index("ix_sales_order_country", "account_id", "country", "created_at", "id"),
        Index("ix_sales_order_state", "account_id", "state", "created_at", "id"),
        Index("ix_sales_order_outcome", "account_id", "outcome", "created_at", "id"),
        Index("ix_sales_order_modified", "account_id", "modified_at", "id"),
        Index(
            "ix_sales_order_country_modified",
            "account_id",
            "country",
            "modified_at",
            "id",
        ),
        Index("ix_sales_order_dispatch", "account_id", text(DISPATCH), "id"),
        Index(
            "ix_sales_order_open",
            "account_id",
            "dispatch_by",
            postgresql_where=text(OPEN_FOR_SELLER),
        ),
        Index(
            "ix_sales_order_unfinished",
            "account_id",
            "read_at",
            postgresql_where=text(UNFINISHED),
        ),
        Index(
            "ix_sales_order_emails",
            "email_digests",
            postgresql_using="gin",
        ),
        Index(
            "ix_sales_order_unerased",
            "modified_at",
            postgresql_where=text("erased_at IS NULL"),
        ),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="seller_account.id", ondelete="CASCADE")
    marketplace_id: int = Field(sa_type=BigInteger)
    state: int
    outcome: str = Field(
        default="open", sa_column_kwargs={"server_default": text("'open'")}
    )
    country: str | None = Field(default=None, sa_type=KEY)
    country_code: str | None = None
    created_at: datetime = time_field(default_now=True)
    modified_at: datetime = time_field(default_now=True)
    paid_at: datetime | None = time_field()
    shipped_at: datetime | None = time_field()
    dispatch_by: datetime | None = time_field()
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    shipping_price: Decimal | None = Field(default=None, sa_type=MONEY)
    sales_taxes: Decimal | None = Field(default=None, sa_type=MONEY)
    currency: str | None = Field(default=None, max_length=3)
    shipper: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    shipping_address: dict[str, Any] = json_field(default=dict)
    billing_address: dict[str, Any] = json_field(default=dict)
    other_fields: dict[str, Any] = json_field(default=dict)
    has_invoice: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    merchant_order_id: str | None = None
    invoice_number: str | None = None
    tags: list[str] = json_field(default=list, filled="'[]'")
    note: str | None = None
    digest: str = Field(max_length=64)
    version: int = 1
    first_seen_at: datetime = time_field(default_now=True)
    changed_at: datetime = time_field(default_now=True)
    read_at: datetime = Field(
        default_factory=utc_now,
        sa_type=UTC_TIME,
        sa_column_kwargs={"server_default": text("now()")},
    )
    missing_since: datetime | None = time_field()
    sealed_addresses: bytes | None = Field(default=None, repr=False)
    """What lists and searches do not use of both addresses (`app/orders/buyers`)."""
    sealed_key: str | None = Field(default=None, max_length=16)
    email_digests: list[str] = Field(
        default_factory=list,
        sa_type=ARRAY(String(64)),
        sa_column_kwargs={"server_default": text("'{}'")},
    )
    """Keyed hashes of the buyer's e-mail addresses, by which the order is found."""
    erased_at: datetime | None = time_field()
    """When the buyer's data were erased: fetching the order keeps them erased."""


class SalesOrderLine(SQLModel, table=True):
    """One line of an order; `marketplace_id` is Back Market's order line id."""

    __tablename__ = "sales_order_line"
    __table_args__ = (
        Index("ix_sales_order_line_sku_key", "sku_key"),
        Index("ix_sales_order_line_number", "marketplace_id"),
    )

    order_id: UUID = Field(
        foreign_key="sales_order.id", ondelete="CASCADE", primary_key=True
    )
    marketplace_id: int = Field(sa_type=BigInteger, primary_key=True)
    position: int
    state: int
    sku: str | None = None
    listing_id: int | None = Field(default=None, sa_type=BigInteger)
    title: str | None = None
    product_id: int | None = Field(default=None, sa_type=BigInteger)
    quantity: int
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    shipping_price: Decimal | None = Field(default=None, sa_type=MONEY)
    sales_taxes: Decimal | None = Field(default=None, sa_type=MONEY)
    fee: Decimal | None = Field(default=None, sa_type=MONEY)
    currency: str | None = Field(default=None, max_length=3)
    imei: str | None = None
    serial_number: str | None = None
    return_reason: int | None = None
    return_message: str | None = None
    shipper: str | None = None
    condition: int | None = None
    brand: str | None = None
    sku_key: str | None = Field(default=None, sa_type=KEY)


class SalesOrderWord(SQLModel, table=True):
    """A word by which an order is found: without case and accents.

    Words of buyers' names are personal data. `app/orders/search` owns the table.
    """

    __tablename__ = "sales_order_word"
    __table_args__ = (
        Index("ix_sales_order_word_word", "account_id", "word", "order_id"),
    )

    order_id: UUID = Field(
        foreign_key="sales_order.id", ondelete="CASCADE", primary_key=True
    )
    word: str = Field(sa_type=KEY, primary_key=True)
    account_id: UUID


class OrderDueNotice(SQLModel, table=True):
    """An event that an order is due was recorded, for this reason."""

    __tablename__ = "order_due_notice"

    order_id: UUID = Field(
        foreign_key="sales_order.id", ondelete="CASCADE", primary_key=True
    )
    reason: str = Field(primary_key=True)
    at: datetime = time_field(default_now=True)


class OrderSync(SQLModel, table=True):
    """State and progress of the order sync of an account.

    `high_water` moves only when a sync is complete. The columns from `window_from` on
    are the checkpoint of the current sync (`page` 0: none).
    """

    __tablename__ = "order_sync"

    account_id: UUID = Field(
        foreign_key="seller_account.id", ondelete="CASCADE", primary_key=True
    )
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    high_water: datetime | None = time_field()
    failures: int = 0
    read: int = 0
    changed: int = 0
    window_from: datetime | None = time_field()
    latest_modified_at: datetime | None = time_field()
    page: int = 0
    count: int | None = None
    page_missing: bool = False
    missing_pages: int = Field(
        default=0, sa_column_kwargs={"server_default": text("0")}
    )
    count_decreases: int = Field(
        default=0, sa_column_kwargs={"server_default": text("0")}
    )
    rereading: bool = False


class OrderAction(SQLModel, table=True):
    """An action requested for lines of an order, and its result.

    `fingerprint` is the same for the same action with the same content. `rule`: of the
    automation that requested it.
    """

    __tablename__ = "order_action"
    __table_args__ = (
        Index("ix_order_action_order", "order_id", "id"),
        Index(
            "ux_order_action_open",
            "order_id",
            "fingerprint",
            unique=True,
            postgresql_where=text(OPEN_ACTION),
        ),
    )

    id: UUID = id_field()
    order_id: UUID = Field(foreign_key="sales_order.id", ondelete="CASCADE")
    account_id: UUID = Field(foreign_key="seller_account.id", ondelete="CASCADE")
    action: str
    line_ids: list[int] = json_field(default=list)
    fields: dict[str, Any] = json_field(default=dict)
    fingerprint: str = Field(max_length=64)
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    rule: str | None = None
    failures: int = 0
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()


class OrderSubmission(SQLModel, table=True):
    """One submission of an action: stored before it is sent, with its result after."""

    __tablename__ = "order_submission"

    action_id: UUID = Field(
        foreign_key="order_action.id", ondelete="CASCADE", primary_key=True
    )
    seq: int = Field(primary_key=True)
    line_ids: list[int] = json_field(default=list)
    from_state: int
    to_state: int
    body: dict[str, Any] = json_field(default=dict)
    state: str = "pending"
    attempts: int = 0
    reason_code: str | None = None
    reason: str | None = None
    sent_at: datetime | None = time_field()
    accepted_at: datetime | None = time_field()
    readbacks: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    readback_at: datetime | None = time_field()
    settled_at: datetime | None = time_field()
