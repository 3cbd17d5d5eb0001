"""FastAPI dependencies of routes that list changes."""

from typing import Annotated

from fastapi import Depends, Query

from app.publications.enums import ChangeReason, Lane, Outcome
from app.publications.schemas import LaneName


def change_filters(
    outcome: Outcome | None = None,
    reason: ChangeReason | None = None,
    lane: LaneName | None = None,
    sku: Annotated[str | None, Query(max_length=200)] = None,
    code: Annotated[
        str | None, Query(max_length=50, description="only those with this code")
    ] = None,
) -> dict[str, str | int]:
    """Filters by column of `change`."""
    given: dict[str, str | int | None] = {
        "outcome": outcome and str(outcome),
        "reason": reason and str(reason),
        "lane": int(Lane[lane.upper()]) if lane else None,
        "code": code,
        "sku": sku,
    }
    return {name: value for name, value in given.items() if value is not None}


ChangeFilters = Annotated[dict[str, str | int], Depends(change_filters)]
