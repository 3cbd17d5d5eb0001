"""API shapes of listing imports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.drift.models import DriftCheck, ListingImport
from app.publications.messages import sentence_for
from app.web.schemas import ReasonOut

_SAME = {"id", "store_id", "trigger", "requested_at", "finished_at"}


class ListingImportCounts(BaseModel):
    """What an import found, in listings with a price in the store's market."""

    matched: int = Field(0, description="now known as live for offers of the catalog")
    unmatched: int = Field(0, description="newly found, and named by no catalog row")
    confirmed: int = Field(
        0, description="with the values that refeed knows, those just matched included"
    )
    drifted: int = Field(0, description="known before, changed outside refeed")
    vanished: int = Field(0, description="known before, no longer there")


class ListingImportOut(BaseModel):
    """State, progress and result of one listing import."""

    id: UUID
    store_id: UUID
    trigger: Literal["api", "publication"]
    state: Literal["requested", "running", "waiting", "finished", "failed"]
    reason: ReasonOut | None
    listings: int = Field(description="listings read so far")
    counts: ListingImportCounts
    requested_at: datetime
    finished_at: datetime | None


def listing_import_out(
    row: ListingImport, check: DriftCheck | None
) -> ListingImportOut:
    """The answer for an import; an open one shows the progress of the check."""
    source = check if check and _works_on(check, row) else row
    reason = None
    if code := source.reason_code:
        reason = ReasonOut(code=code, message=source.reason or sentence_for(code))
    return ListingImportOut.model_validate(
        {
            **row.model_dump(include=_SAME),
            "state": source.state,
            "reason": reason,
            "listings": source.listings,
            "counts": row.counts,
        }
    )


def _works_on(check: DriftCheck, row: ListingImport) -> bool:
    """Whether the check that runs now answers the import."""
    return (
        row.state == "requested"
        and check.state in {"running", "waiting"}
        and check.started_at is not None
        and row.requested_at <= check.started_at
    )
