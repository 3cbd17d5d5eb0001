"""API shapes of drift checks and drift."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.drift.models import DriftCheck
from app.offers.schemas import Drift
from app.publications.messages import sentence_for
from app.web.schemas import ReasonOut


class DriftCheckCounts(BaseModel):
    """Results of the last complete check, in offers."""

    confirmed: int = Field(0, description="listings that show the accepted values")
    drifted: int = Field(0, description="listings changed outside refeed")
    unconfirmed: int = Field(0, description="accepted values that were never shown")
    vanished: int = Field(0, description="listings that no longer exist")
    matched: int = Field(0, description="listings now known as live for an offer")
    unmatched: int = Field(0, description="new listings that no catalog row names")


class DriftCheckOut(BaseModel):
    """State and progress of a store's drift check."""

    store_id: UUID
    state: Literal["requested", "running", "waiting", "done", "failed"]
    reason: ReasonOut | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    listings: int = Field(description="listings read by the current or last check")
    counts: DriftCheckCounts


class DriftOut(Drift):
    """One drifted field of one offer."""

    sku: str


def drift_check_out(state: DriftCheck) -> DriftCheckOut:
    reason = None
    if state.reason_code:
        message = state.reason or sentence_for(state.reason_code)
        reason = ReasonOut(code=state.reason_code, message=message)
    shown = state.model_dump(
        include=set(DriftCheckOut.model_fields) - {"reason", "counts"}
    )
    return DriftCheckOut(
        **shown, reason=reason, counts=DriftCheckCounts(**state.counts)
    )


def drift_out(row: Any) -> DriftOut:  # noqa: ANN401 - a row of the query
    return DriftOut(sku=row.sku, field=row.field, **row.entry)
