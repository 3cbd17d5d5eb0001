"""Decisions about unmatched listings."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.core.columns import KEY, time_field


class ListingDecision(SQLModel, table=True):
    """What was decided about a listing that no catalog row names, by whom and when.

    `decision`: `ignore` or `zero`; `decided_by`: the name of an API key. It ends when a
    row names the SKU.
    """

    __tablename__ = "listing_decision"

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    decision: str
    decided_by: str
    decided_at: datetime = time_field(default_now=True)
