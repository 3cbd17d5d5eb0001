"""`PATCH /v1/stores/{id}/offers`: quick updates of stock and prices."""

import asyncio
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.dependencies import Writer
from app.backmarket.markets import market_of
from app.catalogs import quick_updates
from app.core.errors import problem_responses
from app.database import Tx
from app.publications.quick_updates.schemas import (
    QuickUpdateIn,
    QuickUpdateOut,
    quick_update_out,
)
from app.publications.scheduling import request_quickly
from app.stores import service as stores
from app.web.responses import ACCEPTED

router = APIRouter(prefix="/v1/stores", tags=["offers"])


@router.patch(
    "/{store_id}/offers",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Update stock and prices",
    responses=ACCEPTED | problem_responses(409),
)
async def update_offers(
    store_id: UUID, body: QuickUpdateIn, tx: Tx, caller: Writer, response: Response
) -> QuickUpdateOut:
    """Up to 1,000 offers of the newest catalog; each item has its own result.

    A catalog of a later time replaces the update; one of an earlier time does not.
    """
    # No lock on the store's row: an import that has locked its offers waits for it.
    store = await stores.load_store(tx.session, caller, store_id)
    delay = timedelta(seconds=store.catalog_delay_s)
    as_of = quick_updates.submitted_at(body.as_of, delay=delay)
    currency = market_of(store.country).currency
    updates = [item.as_update() for item in body.items]
    checked = await asyncio.to_thread(quick_updates.check, updates, currency)
    results = await quick_updates.apply(tx.session, store_id, checked, as_of, currency)
    if not any(result.outcome == "accepted" for result in results):
        return quick_update_out(None, as_of, results)
    publication = await request_quickly(tx, store)
    response.headers["Location"] = f"/v1/publications/{publication.id}"
    response.headers["Retry-After"] = "1"
    return quick_update_out(publication.id, as_of, results)
