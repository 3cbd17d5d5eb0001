"""`/v1/stores/{id}/offers/{sku}`: one offer, explained."""

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
from app.explain import service
from app.explain.schemas import OfferExplained
from app.explain.service import Place, Tools
from app.web.pagination import Cursor, bad_cursor, decode_cursor

router = APIRouter(prefix="/v1", tags=["offers"])


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
    """Why it is online or not: wanted, accepted, state, and a timeline.

    The timeline leads from its row in the catalog over mapping, plan and call to Back
    Market's answer. 404 says whether the newest catalog names the SKU.
    """
    tools = Tools(settings, database, storage)
    place = _place(cursor)
    return await service.explain(tools, caller, store_id, sku, place, limit)


def _place(cursor: str | None) -> Place:
    key = decode_cursor(cursor, 2)
    if key is None:
        return Place()
    try:
        return Place(UUID(key[0]), datetime.fromisoformat(key[1]).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error
