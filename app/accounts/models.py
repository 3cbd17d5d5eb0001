"""Seller accounts (encrypted token, limits, connection health) and spent lines."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, time_field


class SellerAccount(SQLModel, table=True):
    """One Back Market account, shared by the stores with its token."""

    __tablename__ = "seller_account"
    __table_args__ = (
        UniqueConstraint("platform", "environment", "token_digest"),
        Index("ix_seller_account_orders_due", "orders_due_at"),
    )

    id: UUID = id_field()
    platform: str
    environment: str
    token_digest: str = Field(max_length=64)
    token_cipher: bytes
    token_key_id: str = Field(max_length=16)
    shared_quantity: str = "min"
    other_markets: str | None = None
    """Decision on listings that are online in markets without a store in refeed."""
    other_markets_by: str | None = None
    other_markets_at: datetime | None = time_field()
    lines_per_hour: int | None = None
    requests_per_10s: int | None = None
    connection: str = "unknown"
    connection_detail: str | None = None
    connection_at: datetime | None = time_field()
    paused_until: datetime | None = time_field()
    request_clock: datetime | None = time_field()
    orders_due_at: datetime | None = time_field()
    version: int = 1
    created_at: datetime = time_field(default_now=True)


class LineSpend(SQLModel, table=True):
    """SKU lines reserved for a request; their sum over an hour is the budget used."""

    __tablename__ = "line_spend"
    __table_args__ = (Index("ix_line_spend_account", "account_id", "at"),)

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="seller_account.id", ondelete="CASCADE")
    at: datetime = time_field(default_now=True)
    lines: int
