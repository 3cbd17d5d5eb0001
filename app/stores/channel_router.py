"""`/v1/channel`: channel attributes and Back Market's categories."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.access.dependencies import CurrentSettings, Reader
from app.backmarket.carriers import CARRIERS
from app.core.errors import problem_responses
from app.database import Tx
from app.stores.categories import service as categories
from app.stores.categories.schemas import (
    AttributeOut,
    CategoriesPage,
    attribute_out,
    category_out,
    snapshot_out,
)
from app.stores.channel import ATTRIBUTES, PRODUCT_ATTRIBUTES
from app.stores.dependencies import RequestedSnapshot, require_snapshot_key
from app.web.pagination import BIGGEST, Cursor, Limit, Page, decode_int, page_of

router = APIRouter(prefix="/v1/channel", tags=["channel"])


class CarrierOut(BaseModel):
    """A carrier of shipments and of listings."""

    name: str


@router.get(
    "/attributes", summary="List channel attributes", responses=problem_responses(409)
)
async def list_channel_attributes(
    tx: Tx,
    asked: RequestedSnapshot,
    category: Annotated[
        int | None,
        Query(
            ge=-BIGGEST,
            le=BIGGEST,
            description="a leaf, to include the attributes of its products; needs "
            "`store_id`, or `country` and `environment`",
        ),
    ] = None,
) -> Page[AttributeOut]:
    """Every channel attribute with type, accepted values and help.

    409 `categories_not_fetched`: Back Market's categories are not known yet.
    """
    items = [attribute_out(attribute) for attribute in ATTRIBUTES]
    if category is not None:
        found = await categories.attributes_of(
            tx.session, require_snapshot_key(asked), category
        )
        items += [
            attribute_out(a, "product" if a in PRODUCT_ATTRIBUTES else "category")
            for a in found
        ]
    return Page(items=items)


@router.get("/carriers", summary="List Back Market's carriers")
async def list_carriers(_: Reader) -> Page[CarrierOut]:
    """All names, as Back Market spells them; double spaces are part of a name."""
    return Page(items=[CarrierOut(name=name) for name in CARRIERS])


@router.get("/categories", summary="List Back Market's categories")
async def list_channel_categories(
    tx: Tx,
    asked: RequestedSnapshot,
    settings: CurrentSettings,
    q: Annotated[
        str | None,
        Query(max_length=200, description="words that the path must contain, any case"),
    ] = None,
    leaf: Annotated[
        bool | None, Query(description="true: leaves only; false: branches only")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> CategoriesPage:
    """The category tree in the language of the store's country, in depth-first order.

    It is stored here and refreshed daily; `snapshot` shows how current it is. The list
    is empty, and `snapshot.state` is `not_fetched`, before a store has a token.
    """
    name = require_snapshot_key(asked)
    # The state is read first: a snapshot stored in between is not reported as empty.
    known = await categories.find_snapshot(tx.session, *name)
    after = decode_int(cursor)
    rows = await categories.categories(
        tx.session, name, query_words=q, leaf=leaf, after=after, limit=limit
    )
    page = page_of(rows, limit, category_out, lambda node: (node.position,))
    snapshot = snapshot_out(name, known, settings.categories_interval)
    return CategoriesPage(items=page.items, next=page.next, snapshot=snapshot)
