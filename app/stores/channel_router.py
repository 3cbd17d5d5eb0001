"""`/v1/channel`: what Back Market wants to know, and its categories."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.access.dependencies import CurrentSettings
from app.core.errors import problem_responses
from app.database import Tx
from app.stores.categories import service as tree
from app.stores.categories.schemas import (
    AttributeOut,
    CategoriesPage,
    attribute_out,
    category_out,
    tree_out,
)
from app.stores.channel import ATTRIBUTES, PRODUCT_ATTRIBUTES
from app.stores.dependencies import AskedTree, needed
from app.web.pagination import BIGGEST, Cursor, Limit, Page, decode_int, page_of

router = APIRouter(prefix="/v1/channel", tags=["channel"])


@router.get(
    "/attributes", summary="What a mapping can fill", responses=problem_responses(409)
)
async def list_channel_attributes(
    tx: Tx,
    asked: AskedTree,
    category: Annotated[
        int | None,
        Query(
            ge=-BIGGEST,
            le=BIGGEST,
            description="a leaf: with what its products say; needs `store_id`, or "
            "`country` and `environment`",
        ),
    ] = None,
) -> Page[AttributeOut]:
    """Every channel attribute with type, accepted values and help.

    409 `tree_not_fetched`: Back Market's tree is not known yet.
    """
    items = [attribute_out(attribute) for attribute in ATTRIBUTES]
    if category is not None:
        found = await tree.attributes_of(tx.session, needed(asked), category)
        items += [
            attribute_out(a, "product" if a in PRODUCT_ATTRIBUTES else "category")
            for a in found
        ]
    return Page(items=items)


@router.get("/categories", summary="Back Market's category tree")
async def list_channel_categories(
    tx: Tx,
    asked: AskedTree,
    settings: CurrentSettings,
    q: Annotated[
        str | None,
        Query(max_length=200, description="words that the path must have, any case"),
    ] = None,
    leaf: Annotated[
        bool | None, Query(description="true: leaves only; false: branches only")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> CategoriesPage:
    """The tree in the language of the store's country, from top to bottom.

    It is kept here, and fetched again daily; `tree` tells how fresh it is. Empty with
    `tree.state` `not_fetched` before a store has a token.
    """
    name = needed(asked)
    # Its state first: a tree that arrives in between is not said to be empty.
    known = await tree.tree_of(tx.session, *name)
    rows = await tree.categories(
        tx.session, name, words=q, leaf=leaf, after=decode_int(cursor), limit=limit
    )
    page = page_of(rows, limit, category_out, lambda node: (node.position,))
    return CategoriesPage(
        items=page.items,
        next=page.next,
        tree=tree_out(name, known, settings.tree_interval),
    )
