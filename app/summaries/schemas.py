"""API shapes of stores at a glance."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.accounts.schemas import ConnectionHealth
from app.stores.schemas import LightsOut
from app.web.schemas import ReasonOut

Attention = Literal["red", "failed", "inactive", "errors", "none"]
ATTENTION: tuple[Attention, ...] = ("red", "failed", "inactive", "errors", "none")
COUNTED = "counted up to 10,001: that is `more than 10,000`"


class OfferFigures(BaseModel):
    """Offers of a store, each number counted up to 10,001."""

    online: int = Field(description=f"listed with stock; {COUNTED}")
    in_error: int = Field(description=f"refused by Back Market; {COUNTED}")
    held: int = Field(description=f"with a change that is held; {COUNTED}")
    unmatched: int = Field(
        description=f"listings with stock that no catalog row names; {COUNTED}"
    )


class RunOut(BaseModel):
    """A publication of offers, in short."""

    id: UUID
    state: str
    trigger: str
    reason: ReasonOut | None
    requested_at: datetime
    finished_at: datetime | None
    changes: int
    accepted: int
    rejected: int
    held: int
    deferred: int


class LinesOut(BaseModel):
    """Lines of the seller account in the last hour, and when deferred ones are sent."""

    per_hour: int
    used: int
    remaining: int
    eta: datetime | None = Field(
        description="when the changes that the last run deferred are sent; null: none. "
        "`/seller-accounts/{id}/budget` counts the whole backlog"
    )


class DayOut(BaseModel):
    """Outcomes of the changes of one day's runs, of offers and products (UTC)."""

    date: date
    accepted: int = 0
    rejected: int = 0
    held: int = 0
    deferred: int = 0
    unconfirmed: int = 0


class ActivityOut(BaseModel):
    """The last days, oldest first; days without a run are included."""

    days: list[DayOut]


class StoreSummary(BaseModel):
    """What a person asks first about a store."""

    id: UUID
    name: str
    country: str
    currency: str
    environment: str
    active: bool
    attention: Attention = Field(
        description="the order of the list: no token or refused by Back Market, the "
        "last run failed, not active, offers in error or held, none of these"
    )
    lights: LightsOut
    connection: ConnectionHealth | None = Field(description="null: no token")
    offers: OfferFigures
    due_orders: int = Field(description=f"that the seller is late with; {COUNTED}")
    last_publication: RunOut | None = Field(description="the newest that has ended")
    current_publication: RunOut | None = Field(description="one that has not ended")
    next_publication_at: datetime | None
    lines: LinesOut | None = Field(description="null: no token")
    activity: list[DayOut] | None = Field(
        description="the last `days`, oldest first; null without `days`"
    )
