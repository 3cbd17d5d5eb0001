"""`/v1/stores/{id}/holds`, and approval or rejection of held changes."""

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
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_cursor, page_of

router = APIRouter(prefix="/v1", tags=["publications"], route_class=RecordedRoute)


@router.get("/stores/{store_id}/holds", summary="List held changes")
async def list_holds(
    store: StoreToRead,
    tx: Tx,
    state: Annotated[HoldState | None, Query()] = None,
    code: HoldCode | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[HoldOut]:
    """By SKU. Excludes what was sent since or is no longer desired.

    What the brake held is approved or rejected per publication; quantities of listings
    that are online in other markets wait for `other_markets` of the seller account.
    """
    filters = {
        name: value for name, value in (("state", state), ("code", code)) if value
    }
    rows = await held_changes.list_holds(
        tx.session, store.id, filters, decode_cursor(cursor, 2), limit
    )
    return page_of(rows, limit, hold_out, lambda row: (row.sku_key, row.kind))


@router.post("/publications/{publication_id}/approve", summary="Approve held changes")
async def approve_holds(
    publication_id: UUID, body: DecisionIn, tx: Tx, caller: Writer
) -> DecisionOut:
    """Approve what this publication held, and start a run that sends it.

    An approval applies to exactly the held content. Only changes that the brake held
    can be approved; other codes of held changes name what must change first.
    """
    return await decide.decide(tx, caller, publication_id, body, "approved")


@router.post("/publications/{publication_id}/reject", summary="Reject held changes")
async def reject_holds(
    publication_id: UUID, body: DecisionIn, tx: Tx, caller: Writer
) -> DecisionOut:
    """Keep the live state until the desired state changes again."""
    return await decide.decide(tx, caller, publication_id, body, "rejected")
