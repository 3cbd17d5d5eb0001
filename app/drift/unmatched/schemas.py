"""API shapes of unmatched listings and decisions about them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.web.pagination import Page
from app.web.schemas import All

Decision = Literal["ignore", "zero"]
DecisionFilter = Literal["undecided", "ignore", "zero"]
WHICH = "exactly one of skus, filter, all"
Sku = Annotated[str, Field(min_length=1, max_length=200)]
Search = Annotated[str, Field(min_length=1, max_length=200)]
GradeFilter = Annotated[str, Field(min_length=1, max_length=30)]


class UnmatchedFilter(BaseModel):
    """Selects unmatched listings; without a field, all of them."""

    model_config = ConfigDict(extra="forbid")

    q: Search | None = Field(None, description="part of the SKU or of the title")
    grade: GradeFilter | None = None
    decision: DecisionFilter | None = None


class UnmatchedDecisionIn(BaseModel):
    """A decision about unmatched listings: by SKU, by filter, or all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"skus": ["OLD-IP12-64"], "decision": "zero"},
                {"all": True, "decision": "ignore"},
            ]
        },
    )

    decision: Decision = Field(
        "ignore",
        description="`ignore` leaves the listings alone; `zero` sets their quantity "
        "to 0 with the next publication, without asking again",
    )
    skus: Annotated[list[Sku], Field(min_length=1, max_length=10_000)] | None = None
    filter: UnmatchedFilter | None = None
    all: All | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> "UnmatchedDecisionIn":
        given = [v for v in (self.skus, self.filter, self.all) if v is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "which_listings", f"It needs {WHICH}.", {"accepted": WHICH}
            )
        return self


class UnmatchedDecisionOut(BaseModel):
    """The result of a decision."""

    decided: int = Field(description="listings whose decision is new or changed")
    unchanged: int = Field(description="listings with this decision already")
    unknown: list[str] = Field(description="SKUs without an unmatched listing")
    publication_id: UUID | None = Field(
        description="the run that sets the listings to 0; null when nothing is to be "
        "sent or the store is not active"
    )


class ProbableRename(BaseModel):
    """The row of the catalog that probably has the listing under another SKU."""

    sku: str
    title: str = Field(description="in the catalog")
    similarity: int = Field(description="of both titles, from 85 to 100")
    listed: bool = Field(description="whether its own listing is online already")


class UnmatchedListingOut(BaseModel):
    """A listing with stock that no catalog row names."""

    sku: str
    title: str | None
    grade: str | None
    quantity: int
    price: str
    currency: str
    listing_id: str | None
    publication_state: int | None = Field(
        description="Back Market's number; 2 is online"
    )
    decision: Decision | None = Field(
        description="null: undecided; the listing is left alone"
    )
    decided_at: datetime | None
    decided_by: str | None = Field(description="the name of the API key")
    probable_rename: ProbableRename | None


class UnmatchedTotals(BaseModel):
    """Numbers of all listings that match the filter."""

    listings: int
    units: int = Field(description="sum of their quantities")
    undecided: int
    ignore: int
    zero: int = Field(description="decided, and not at 0 yet")


class TitlesCompared(BaseModel):
    """When titles were compared, and whether there were too many for all of them."""

    at: datetime
    cut: bool = Field(
        description="only the first 2,000 listings or new rows were compared"
    )


class UnmatchedPage(Page[UnmatchedListingOut]):
    """A page of unmatched listings, with the totals of all pages."""

    totals: UnmatchedTotals
    titles_compared: TitlesCompared | None = Field(
        description="null: the catalog has no titles, or they were not compared yet"
    )


def unmatched_out(row: Any, currency: str) -> UnmatchedListingOut:  # noqa: ANN401 - a row
    """The answer for a row of `service.list_listings`."""
    shown = {name: getattr(row, name) for name in _SAME}
    rename = None
    if row.rename_sku:
        rename = ProbableRename(
            sku=row.rename_sku,
            title=row.rename_title,
            similarity=row.rename_similarity,
            listed=row.rename_listed,
        )
    return UnmatchedListingOut(
        **shown, price=str(row.price), currency=currency, probable_rename=rename
    )


_SAME = UnmatchedListingOut.model_fields.keys() - {
    "price",
    "currency",
    "probable_rename",
}
