"""`PATCH /v1/stores/{id}/offers`: stock and prices without a file, at once."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.dependencies import Writer
from app.backmarket.markets import market_of
from app.catalogs import quick_updates
from app.core.errors import problem_responses
from app.database import Tx
from app.publications.quick_updates.schemas import QuickIn, QuickOut, quick_out
from app.publications.scheduling import request_quickly
from app.stores import service as stores
from app.web.responses import ACCEPTED

router = APIRouter(prefix="/v1/stores", tags=["offers"])


@router.patch(
    "/{store_id}/offers",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Change stock and prices at once",
    responses=ACCEPTED | problem_responses(409),
)
async def update_offers(
    store_id: UUID, body: QuickIn, tx: Tx, caller: Writer, response: Response
) -> QuickOut:
    """Up to 1,000 offers of the newest catalog; each item has a result of its own.

    A catalog that tells of an earlier time does not undo it, a later one does.
    """
    # The store's row stays free: an import that holds its offers waits for that row.
    store = await stores.visible(tx.session, caller, store_id)
    as_of = quick_updates.submitted_at(body.as_of)
    currency = market_of(store.country).currency
    wishes = [item.wish() for item in body.items]
    checked = await asyncio.to_thread(quick_updates.check, wishes, currency)
    results = await quick_updates.apply(tx.session, store_id, checked, as_of, currency)
    if not any(result.outcome == "accepted" for result in results):
        return quick_out(None, as_of, results)
    publication = await request_quickly(tx, store)
    response.headers["Location"] = f"/v1/publications/{publication.id}"
    response.headers["Retry-After"] = "1"
    return quick_out(publication.id, as_of, results)
