"""Erasures that buyers asked for: keyed hashes of their e-mail addresses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.core.columns import time_field


class BuyerErasure(SQLModel, table=True):
    """Orders of an account with this address are erased if they are from before.

    `is_open`: some of them still had to be accepted, shipped or read.
    """

    __tablename__ = "buyer_erasure"
    __table_args__ = (
        Index(
            "ix_buyer_erasure_open", "requested_at", postgresql_where=text("is_open")
        ),
    )

    account_id: UUID = Field(
        foreign_key="seller_account.id", ondelete="CASCADE", primary_key=True
    )
    digest: str = Field(max_length=64, primary_key=True)
    requested_at: datetime = time_field(default_now=True)
    is_open: bool = True
