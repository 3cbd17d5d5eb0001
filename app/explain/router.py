"""`/v1/stores/{id}/offers`: lists offers and explains one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.core.errors import FieldError, InvalidError
from app.database import Tx
from app.explain.dependencies import CurrentExplainer
from app.explain.offer_list import list_page
from app.explain.schemas import OfferExplained
from app.offers.queries import OfferFilter
from app.offers.schemas import OfferPage, OfferState
from app.stores.dependencies import StoreToRead
from app.web.pagination import Cursor, Limit, decode_cursor

router = APIRouter(prefix="/v1", tags=["offers"])
Sku = Annotated[str, Query(max_length=1000)]
Search = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        description="an EAN, the beginning of a SKU, or else a part of the SKU or of "
        "the title that the listing shows; not with `sku`. A page reads a limited "
        "number of offers: it may have few items, or none, and a `next`.",
    ),
]
Skus = Annotated[
    list[Annotated[str, Field(max_length=1000)]] | None,
    Query(
        max_length=100,
        description="exact SKU, in any case; repeat it for several",
    ),
]


@router.get("/stores/{store_id}/offers", summary="List offers")
async def list_offers(
    store: StoreToRead,
    tx: Tx,
    state: OfferState | None = None,
    sku: Skus = None,
    q: Search = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    totals: Annotated[
        bool | None,
        Query(description="count by state; default: unless `sku` or `q` is given"),
    ] = None,
) -> OfferPage:
    """Desired state and live state of the store's offers, by SKU.

    The first page has the totals by state, of all offers; they cost one read of them.
    With `sku` or `q`, also listings that no catalog has named.
    """
    key = decode_cursor(cursor, 1)
    after = key[0] if key else None
    if sku is not None and q is not None:
        raise _not_both()
    count = sku is None and q is None if totals is None else totals
    which = OfferFilter(state, sku, (q and q.strip()) or None)
    return await list_page(tx.session, store, which, after, limit, count=count)


def _not_both() -> InvalidError:
    message = "A search has no list of SKUs."
    accepted = "`q` or `sku`"
    return InvalidError(
        message, errors=[FieldError("q", "not_both", message, accepted)]
    )


@router.get("/stores/{store_id}/offers/{sku:path}", summary="Explain an offer")
async def get_offer(
    store_id: UUID, sku: str, explainer: CurrentExplainer
) -> OfferExplained:
    """Why the offer is online or not: desired state, live state, and a timeline.

    The timeline has the catalog row, the mapping, the plan, the submission and the
    outcome. A 404 says whether the newest catalog contains the SKU.
    """
    return await explainer.offer(store_id, sku)


@router.get("/stores/{store_id}/offer", summary="Explain an offer, by query")
async def get_offer_by_query(
    store_id: UUID, sku: Sku, explainer: CurrentExplainer
) -> OfferExplained:
    """For any SKU: clients and proxies resolve `.` and `..` in a path."""
    return await explainer.offer(store_id, sku)
