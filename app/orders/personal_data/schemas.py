"""API shapes of exports and erasures of buyers' data."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.orders.schemas import AddressOut, LineOut

LONGEST_EMAIL = 320
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _email_only(given: str) -> str:
    """The text is not part of the error, which may be logged by clients."""
    if not _EMAIL.fullmatch(given.strip()):
        raise PydanticCustomError("not_an_email", "This is no e-mail address.")
    return given


Email = Annotated[
    str,
    Field(max_length=LONGEST_EMAIL),
    AfterValidator(_email_only),
]


class BuyerIn(BaseModel):
    """A buyer, by an e-mail address of the shipping or billing address."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "ada@example.org"}]}
    )

    email: Email


class BuyerExportIn(BuyerIn):
    """Whose data, and which page of them."""

    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(100, ge=1, le=500, strict=True)


class BuyerOrderOut(BaseModel):
    """All that is stored about a buyer with one order."""

    order_id: UUID
    marketplace_id: int = Field(description="Back Market's `order_id`")
    seller_account_id: UUID
    created_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    price: Decimal | None
    shipping_price: Decimal | None
    currency: str | None
    shipping_address: AddressOut
    billing_address: AddressOut
    payment_method: str | None
    tracking_number: str | None
    tracking_url: str | None
    merchant_order_id: str | None
    invoice_number: str | None
    tags: list[str]
    note: str | None
    lines: list[LineOut]


class BuyerExport(BaseModel):
    """A page of a buyer's orders, newest first. Erased ones are not found."""

    items: list[BuyerOrderOut]
    next: str | None


class BuyerErasureOut(BaseModel):
    """What was erased now. The rest is erased without another request."""

    id: UUID = Field(description="of the audit entry's subject")
    orders: int = Field(description="orders of which the buyer's data were erased now")
    pending: bool = Field(
        description="whether orders are left: one in progress is erased when it has "
        "ended, and many are erased within the hour"
    )
