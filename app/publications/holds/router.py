"""What the brake held: listed, approved, rejected."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.dependencies import Writer
from app.database import Tx
from app.publications.holds import decide, held_changes
from app.publications.holds.schemas import (
    DecisionIn,
    DecisionOut,
    HoldCode,
    HoldOut,
    HoldState,
    hold_out,
)
from app.stores.dependencies import StoreToRead
from app.web.pagination import Cursor, Limit, Page, decode_cursor, page_of

router = APIRouter(prefix="/v1", tags=["publications"])


@router.get("/stores/{store_id}/holds", summary="List what the brake held")
async def list_holds(
    store: StoreToRead,
    tx: Tx,
    state: Annotated[HoldState | None, Query()] = None,
    code: HoldCode | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[HoldOut]:
    """By SKU. What was sent meanwhile, or is not wanted any more, is not listed."""
    filters = {
        name: value for name, value in (("state", state), ("code", code)) if value
    }
    rows = await held_changes.listed(
        tx.session, store.id, filters, decode_cursor(cursor, 2), limit
    )
    return page_of(rows, limit, hold_out, lambda row: (row.sku_key, row.what))


@router.post("/publications/{publication_id}/approve", summary="Approve held changes")
async def approve_holds(
    publication_id: UUID, body: DecisionIn, tx: Tx, caller: Writer
) -> DecisionOut:
    """For exactly this content; a run that sends it begins at once.

    What the brake held in this publication and holds still. Other codes of held
    changes say what must change first, and cannot be approved.
    """
    return await decide.decide(tx, caller, publication_id, body, "approved")


@router.post("/publications/{publication_id}/reject", summary="Reject held changes")
async def reject_holds(
    publication_id: UUID, body: DecisionIn, tx: Tx, caller: Writer
) -> DecisionOut:
    """What is online stays, until the catalog wants something else."""
    return await decide.decide(tx, caller, publication_id, body, "rejected")
