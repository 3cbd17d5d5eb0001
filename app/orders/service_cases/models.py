"""Service cases, and the progress of fetching them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.columns import KEY, id_field, json_field, time_field


class ServiceCase(SQLModel, table=True):
    """One case of a seller account, as last fetched, without data of buyers.

    `marketplace_id` is Back Market's number; `order_number` and `line_number` are what
    the case names, `order_id` the order, once it is known. `sort_at` sorts lists: when
    the case was last modified.
    """

    __tablename__ = "service_case"
    __table_args__ = (
        UniqueConstraint("account_id", "marketplace_id"),
        Index("ix_service_case_sort", "account_id", "sort_at", "id"),
        Index("ix_service_case_newest", "sort_at", "id"),
        Index("ix_service_case_order", "order_id"),
        Index(
            "ix_service_case_unlinked",
            "account_id",
            postgresql_where=text("order_id IS NULL"),
        ),
    )

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="seller_account.id", ondelete="CASCADE")
    marketplace_id: int = Field(sa_type=BigInteger)
    order_id: UUID | None = Field(
        default=None, foreign_key="sales_order.id", ondelete="SET NULL"
    )
    order_number: int | None = Field(default=None, sa_type=BigInteger)
    line_number: int | None = Field(default=None, sa_type=BigInteger)
    state: int | None = None
    country: str | None = Field(default=None, sa_type=KEY)
    reasons: list[str] = json_field(default=list)
    resolution: str | None = None
    opened_at: datetime | None = time_field()
    modified_at: datetime | None = time_field()
    last_message_at: datetime | None = time_field()
    closed_at: datetime | None = time_field()
    sort_at: datetime = time_field(default_now=True)
    digest: str = Field(max_length=64)
    version: int = 1
    first_seen_at: datetime = time_field(default_now=True)
    changed_at: datetime = time_field(default_now=True)


class ServiceCaseSync(SQLModel, table=True):
    """Progress of fetching the cases of an account.

    `high_water`: every change before it was read. `page` and `window_from` are the
    checkpoint of a fetch (`page` 0: none). `next_at`: when the next one is due.
    `*_clock`: until when requests are reserved (`limits.py`).
    """

    __tablename__ = "service_case_sync"

    account_id: UUID = Field(
        foreign_key="seller_account.id", ondelete="CASCADE", primary_key=True
    )
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    failures: int = 0
    next_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    high_water: datetime | None = time_field()
    window_from: datetime | None = time_field()
    page: int = 0
    minute_clock: datetime | None = time_field()
    day_clock: datetime | None = time_field()
