"""`/v1/store-summaries`, and the activity of one store."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.dependencies import CurrentSettings, Reader
from app.database import Tx
from app.stores.dependencies import StoreToRead
from app.summaries import queries, service
from app.summaries.schemas import ATTENTION, ActivityOut, StoreSummary
from app.web.pagination import Cursor, Page, bad_cursor, decode_cursor, encode_cursor

router = APIRouter(prefix="/v1", tags=["stores"])
MOST_STORES = 50
Position = tuple[int, UUID]


@router.get("/store-summaries", summary="Stores at a glance, problems first")
async def list_store_summaries(
    tx: Tx,
    caller: Reader,
    settings: CurrentSettings,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_STORES)] = 25,
    days: Annotated[int, Query(ge=0, le=30, description="of `activity`")] = 0,
) -> Page[StoreSummary]:
    """Lights, offers, publications, lines and due orders of each store.

    A store whose rank changes between two pages may appear twice, or not at all.
    """
    rows = await queries.page_of_stores(tx.session, caller, _position(cursor), limit)
    shown = await service.summaries(tx.session, rows[:limit], settings, days)
    last = rows[limit - 1] if len(rows) > limit else None
    following = encode_cursor(last.rank, last.id) if last else None
    return Page(items=shown, next=following)


def _position(cursor: str | None) -> Position | None:
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        rank, store_id = int(key[0]), UUID(key[1])
    except ValueError as error:
        raise bad_cursor() from error
    if rank not in range(len(ATTENTION)):
        raise bad_cursor()
    return rank, store_id


@router.get(
    "/stores/{store_id}/publication-activity", summary="Outcomes of runs by day"
)
async def get_publication_activity(
    store: StoreToRead,
    tx: Tx,
    days: Annotated[int, Query(ge=1, le=90, description="today included")] = 30,
) -> ActivityOut:
    """Changes by outcome, of runs that are kept (`REFEED_KEEP_REPORTS`)."""
    found = await service.activity(tx.session, [store.id], days)
    return ActivityOut(days=found[store.id])
