"""`/v1/stores/{id}/listing-imports`: read what is live at Back Market."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.core.errors import problem_responses
from app.database import Tx
from app.drift.imports import service
from app.drift.imports.schemas import ListingImportOut, listing_import_out
from app.drift.models import DriftCheck
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import ACCEPTED, POLLED

router = APIRouter(
    prefix="/v1/stores/{store_id}/listing-imports",
    tags=["drift"],
    route_class=RecordedRoute,
)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Import the live listings",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def create_listing_import(
    store: StoreToChange, tx: Tx, response: Response
) -> ListingImportOut:
    """Reads all listings of the account in the store's market; sends nothing.

    Prices and quantities that are live become the state that plans compare with.
    Listings that no catalog row names appear in `/unmatched-listings`. The first
    publication of a store does the same before it plans.
    """
    row = await service.request(tx, store)
    response.headers["Location"] = f"/v1/stores/{store.id}/listing-imports/{row.id}"
    response.headers["Retry-After"] = "2"
    return listing_import_out(row, None)


@router.get("", summary="List listing imports")
async def list_listing_imports(
    store: StoreToRead, tx: Tx, cursor: Cursor = None, limit: Limit = 100
) -> Page[ListingImportOut]:
    """Newest first."""
    rows = await service.list_imports(tx.session, store.id, decode_uuid(cursor), limit)
    check = await tx.session.get(DriftCheck, store.id)
    return page_of(
        rows, limit, lambda row: listing_import_out(row, check), lambda row: (row.id,)
    )


@router.get("/{import_id}", summary="Get a listing import", responses=POLLED)
async def get_listing_import(
    store: StoreToRead, import_id: UUID, tx: Tx, response: Response
) -> ListingImportOut:
    row = await service.load(tx.session, store.id, import_id)
    if row.state not in service.LISTING_IMPORT.ends:
        response.headers["Retry-After"] = "2"
    return listing_import_out(row, await tx.session.get(DriftCheck, store.id))
