"""`/v1/stores/{id}/unmatched-listings`: what is on sale and in no catalog."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import Writer
from app.backmarket.markets import market_of
from app.database import Tx
from app.drift.unmatched import service
from app.drift.unmatched.schemas import (
    DecisionFilter,
    GradeFilter,
    Search,
    UnmatchedDecisionIn,
    UnmatchedDecisionOut,
    UnmatchedFilter,
    UnmatchedPage,
    UnmatchedTotals,
    unmatched_out,
)
from app.stores import service as stores
from app.stores.dependencies import StoreToRead
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, decode_cursor, page_of

router = APIRouter(
    prefix="/v1/stores/{store_id}/unmatched-listings",
    tags=["drift"],
    route_class=RecordedRoute,
)


@router.get("", summary="List unmatched listings")
async def list_unmatched_listings(
    store: StoreToRead,
    tx: Tx,
    q: Annotated[
        Search | None, Query(description="part of the SKU or of the title")
    ] = None,
    grade: Annotated[GradeFilter | None, Query()] = None,
    decision: DecisionFilter | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> UnmatchedPage:
    """Listings of the store's market with stock that no catalog row names, by SKU.

    Known since the last listing import or drift check. A row that names the SKU takes
    the listing over; one that is sold out disappears from the list.
    """
    which = UnmatchedFilter(q=q, grade=grade, decision=decision)
    key = decode_cursor(cursor, 1)
    after = key[0] if key else None
    rows = await service.list_listings(tx.session, store.id, which, after, limit)
    currency = market_of(store.country).currency
    page = page_of(
        rows,
        limit,
        lambda row: unmatched_out(row, currency),
        lambda row: (row.sku_key,),
    )
    totals = UnmatchedTotals(**await service.count(tx.session, store.id, which))
    compared = await service.titles_compared(tx.session, store.id)
    return UnmatchedPage(
        items=page.items, next=page.next, totals=totals, titles_compared=compared
    )


@router.post("/decide", summary="Decide about unmatched listings")
async def decide_unmatched_listings(
    store_id: UUID, body: UnmatchedDecisionIn, tx: Tx, caller: Writer
) -> UnmatchedDecisionOut:
    """Leave listings alone, or set their quantity to 0.

    `zero` starts a publication of an active store; other countries that sell the SKU
    keep it on sale. `ignore` takes a `zero` back while the listing is not at 0.
    """
    # No lock on the store's row: an import that has locked its offers waits for it.
    store = await stores.load_store(tx.session, caller, store_id)
    decided = await service.decide(tx, caller, store, body)
    await audit.record(
        tx.session,
        caller,
        AuditAction.STORE_UNMATCHED_DECIDED,
        Subject(store.id, store.id, store.account_id),
        after=body.model_dump(mode="json", exclude_none=True),
    )
    return decided
