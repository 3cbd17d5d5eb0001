"""How far the walk through a store's listings is, and what it has seen so far."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger
from sqlmodel import Field, SQLModel

from app.core.columns import KEY, MONEY, json_field, time_field


class DriftCheck(SQLModel, table=True):
    """One look at all listings of a store's account in the store's market.

    `page` is the next to be read; 0: no walk is under way. What was seen is judged in
    the order of its keys, up to `judged_key` so far; `counts` are what that came to.
    """

    __tablename__ = "drift_check"

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    walked_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
    page: int = 0
    judged_key: str | None = Field(default=None, sa_type=KEY)
    listings: int = 0
    failures: int = 0
    counts: dict[str, int] = json_field(default=dict)


class ListingSnapshot(SQLModel, table=True):
    """A listing as the walk under way saw it; emptied when the walk is judged.

    `found` is false where a listing that should be there was looked for in vain. No
    foreign key, as for offers: the service that deletes a store deletes it.
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
