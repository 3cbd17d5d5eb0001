"""`/v1/stores/{id}/offers`: lists offers and explains one."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.dependencies import (
    BriefReader,
    CurrentDatabase,
    CurrentSettings,
    CurrentStorage,
)
from app.database import Tx
from app.explain import service
from app.explain.offer_list import list_page
from app.explain.schemas import OfferExplained
from app.explain.service import ExplainServices, TimelinePosition
from app.offers.schemas import OfferPage, OfferState
from app.stores.dependencies import StoreToRead
from app.web.pagination import Cursor, Limit, bad_cursor, decode_cursor

router = APIRouter(prefix="/v1", tags=["offers"])


@router.get("/stores/{store_id}/offers", summary="List offers")
async def list_offers(
    store: StoreToRead,
    tx: Tx,
    state: OfferState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    totals: Annotated[
        bool | None, Query(description="false: do not count the offers by state")
    ] = None,
) -> OfferPage:
    """Desired state and live state of the store's offers, by SKU.

    The first page has the totals by state; they cost one read of all offers.
    """
    key = decode_cursor(cursor, 1)
    after = key[0] if key else None
    count = totals is not False
    return await list_page(tx.session, store, state, after, limit, count=count)


@router.get("/stores/{store_id}/offers/{sku:path}", summary="Explain an offer")
async def get_offer(
    store_id: UUID,
    sku: str,
    caller: BriefReader,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
    cursor: Cursor = None,
    limit: Annotated[
        int, Query(ge=1, le=100, description="runs per page of the timeline")
    ] = 20,
) -> OfferExplained:
    """Why the offer is online or not: desired state, live state, and a timeline.

    The timeline has the catalog row, the mapping, the plan, the submission and the
    outcome. A 404 says whether the newest catalog contains the SKU.
    """
    tools = ExplainServices(settings, database, storage)
    place = _place(cursor)
    return await service.explain(tools, caller, store_id, sku, place, limit)


def _place(cursor: str | None) -> TimelinePosition:
    key = decode_cursor(cursor, 2)
    if key is None:
        return TimelinePosition()
    try:
        return TimelinePosition(
            UUID(key[0]), datetime.fromisoformat(key[1]).astimezone(UTC)
        )
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error
