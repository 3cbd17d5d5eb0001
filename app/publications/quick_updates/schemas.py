"""API schemas of quick updates."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from app.catalogs.quick_updates import MAX_ITEMS, ItemResult, Outcome, UpdateItem
from app.core.errors import FieldError, FieldProblem
from app.web.schemas import Timestamp

Number = StrictInt | StrictFloat | Annotated[StrictStr, Field(max_length=100)]


class QuickUpdateItem(BaseModel):
    """The new stock or price, or both, of one offer."""

    model_config = ConfigDict(extra="forbid")

    sku: str = Field(min_length=1, max_length=200)
    quantity: Number | None = Field(None, description="pieces; below 0 counts as 0")
    price: Number | None = Field(
        None, description="in the store's currency; a decimal string is exact"
    )

    def as_update(self) -> UpdateItem:
        return UpdateItem(self.sku, _as_text(self.quantity), _as_text(self.price))


def _as_text(value: float | str | None) -> str | None:
    return None if value is None else str(value).strip()


class QuickUpdateIn(BaseModel):
    """New stock and prices of offers of the newest catalog."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"items": [{"sku": "IP12-64", "quantity": 0}]}]
        },
    )

    items: list[QuickUpdateItem] = Field(min_length=1, max_length=MAX_ITEMS)
    as_of: Timestamp | None = Field(
        None, description="the time at which the values were true; default: now"
    )


class QuickUpdateResult(BaseModel):
    """The result of one item."""

    sku: str
    outcome: Outcome
    errors: list[FieldProblem]
    notes: list[FieldProblem] = Field(description="how its values were understood")


class QuickUpdateCounts(BaseModel):
    accepted: int = 0
    outdated: int = 0
    unknown: int = 0
    invalid: int = 0


class QuickUpdateOut(BaseModel):
    """The result of each item; accepted items are published at once."""

    publication_id: UUID | None = Field(description="null when nothing was accepted")
    as_of: datetime
    counts: QuickUpdateCounts
    items: list[QuickUpdateResult]


def _field_problems(errors: Iterable[FieldError]) -> list[FieldProblem]:
    return [
        FieldProblem(field=e.field, code=e.code, message=e.message, accepted=e.accepted)
        for e in errors
    ]


def quick_update_out(
    publication_id: UUID | None, as_of: datetime, results: list[ItemResult]
) -> QuickUpdateOut:
    counts = QuickUpdateCounts()
    for result in results:
        setattr(counts, result.outcome, getattr(counts, result.outcome) + 1)
    items = [
        QuickUpdateResult(
            sku=result.sku,
            outcome=result.outcome,
            errors=_field_problems(result.errors),
            notes=_field_problems(result.notes),
        )
        for result in results
    ]
    return QuickUpdateOut(
        publication_id=publication_id, as_of=as_of, counts=counts, items=items
    )
