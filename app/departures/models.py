"""Tables of departures: what was ordered, and which listings stay online."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.core.columns import KEY, MONEY, id_field, json_field, time_field


class Departure(SQLModel, table=True):
    """One deactivation or deletion of a store.

    There is no foreign key to the store: the report outlives it. `rounds` counts the
    runs that ended and left something to do.
    """

    __tablename__ = "departure"
    __table_args__ = (
        Index("ix_departure_store", "store_id", "id"),
        Index(
            "ux_departure_open",
            "store_id",
            unique=True,
            postgresql_where=text("state IN ('requested', 'zeroing', 'deleting')"),
        ),
    )

    id: UUID = id_field()
    store_id: UUID
    store_name: str = Field(max_length=200)
    country: str = Field(max_length=2)
    action: str
    offers: str
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    publication_id: UUID | None = None
    rounds: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    counts: dict[str, Any] = json_field(default=dict, filled="'{}'")
    shared_quantity: str | None = None
    """The policy that the other stores follow from now on, if this store led it."""
    account_deleted: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    requested_by: str
    requested_at: datetime = time_field(default_now=True)
    finished_at: datetime | None = time_field()


class DepartureListing(SQLModel, table=True):
    """A listing that stays online after a departure, and why."""

    __tablename__ = "departure_listing"

    departure_id: UUID = Field(
        foreign_key="departure.id", ondelete="CASCADE", primary_key=True
    )
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    sku: str
    quantity: int | None = None
    price: Decimal | None = Field(default=None, sa_type=MONEY)
    reason: str
    countries: list[str] = Field(sa_type=ARRAY(String))
    message: str | None = None
