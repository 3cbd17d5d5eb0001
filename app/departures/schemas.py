"""API shapes of departures."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.departures.messages import message_for
from app.departures.models import Departure, DepartureListing
from app.web.schemas import ReasonOut

ListingReason = Literal[
    "sold_by_sibling", "unmatched", "live_in_other_market", "left", "not_zeroed"
]


class DepartureCounts(BaseModel):
    """The result for the store's listings."""

    zeroed: int = Field(0, description="set to 0")
    sold_by_sibling: int = Field(
        0, description="online as before: another store of the account sells the SKU"
    )
    unmatched: int = Field(
        0, description="online as before: no catalog of the store ever named the SKU"
    )
    live_in_other_market: int = Field(
        0,
        description="online as before: also online in a market without a store, and "
        "`other_markets` of the account is not `share`",
    )
    left: int = Field(0, description="left online, as ordered")
    not_zeroed: int = Field(
        0, description="still online: it could not be set to 0; `reason` says why"
    )


class DepartureOut(BaseModel):
    """A deactivation or deletion of a store, and the result for its listings."""

    id: UUID
    store_id: UUID
    store_name: str
    country: str
    action: Literal["deactivate", "delete"]
    offers: Literal["zero", "leave"]
    state: Literal["requested", "zeroing", "deleting", "done", "failed", "cancelled"]
    reason: ReasonOut | None
    counts: DepartureCounts
    shared_quantity: str | None = Field(
        description="`min`: the store led the shared stock (`store:<id>`); the other "
        "stores share their minimum now"
    )
    publication_id: UUID | None = Field(description="the run that sets listings to 0")
    account_deleted: bool = Field(
        description="it was the last store of its seller account: token, orders and "
        "buyers' data are deleted too"
    )
    requested_by: str = Field(description="the name of the API key")
    requested_at: datetime
    finished_at: datetime | None


class DepartureListingOut(BaseModel):
    """A listing that stays online."""

    sku: str
    quantity: int | None
    price: str | None
    reason: ListingReason
    countries: list[str] = Field(
        description="countries of sibling stores where it is listed"
    )
    message: str | None = Field(description="what Back Market answered, if it refused")


def departure_out(row: Departure) -> DepartureOut:
    reason = None
    if code := row.reason_code:
        reason = ReasonOut(code=code, message=row.reason or message_for(code))
    return DepartureOut.model_validate(row.model_dump() | {"reason": reason})


def listing_out(row: DepartureListing) -> DepartureListingOut:
    price = None if row.price is None else str(row.price)
    return DepartureListingOut.model_validate(row.model_dump() | {"price": price})
