"""Channel attributes and Back Market's tree as callers see them."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.columns import utc_now
from app.stores.categories.models import CategoryNode, CategoryTree
from app.stores.categories.service import TreeName, is_stale
from app.stores.channel import ChannelAttribute
from app.web.pagination import Page

ADVICE = (
    "A worker fetches the tree as soon as a store of this platform and environment "
    "has a token: PUT /v1/stores/{id}/settings. Ask again in a few seconds."
)
NOT_YET = (
    "The tree could not be fetched: `error` says why. It is tried again by itself, "
    "and at once when a token is set or works again."
)
RETRYING = "The refresh is tried again by itself; until then this is the last tree."


Part = Literal["offer", "product", "category"]


class AttributeOut(BaseModel):
    """A channel attribute: what it is called, what it accepts, what it means."""

    name: str
    label: str
    required: bool
    type: str
    accepted: list[str]
    minimum: int | None
    maximum: int | None
    max_length: int | None
    help: str
    part: Part = Field(
        description="whether offers, all products, or products of the category say it"
    )


class CategoryOut(BaseModel):
    """A category of Back Market; offers are mapped to leaves."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1101,
                    "parent_id": -10,
                    "name": "iPhone",
                    "path": "Mobile devices > Smartphones > iPhone",
                    "is_leaf": True,
                }
            ]
        }
    )

    id: int = Field(description="`marketplace_category_id`, the id to map to")
    parent_id: int | None
    name: str
    path: str = Field(description="names from the top, separated by ` > `")
    is_leaf: bool


class TreeError(BaseModel):
    code: str
    message: str


class TreeOut(BaseModel):
    """Which tree this is, and how fresh."""

    platform: str
    environment: str
    locale: str
    state: Literal["fetched", "not_fetched"]
    stale: bool = Field(description="the last refresh failed; this is an older tree")
    fetched_at: datetime | None
    requested_at: datetime | None = Field(description="when it was last asked for")
    error: TreeError | None = Field(description="why the last refresh failed")
    advice: str | None = Field(description="what to do, where there is something")


class CategoriesPage(Page[CategoryOut]):
    """A page of categories, top to bottom, and the tree they are of."""

    tree: TreeOut


def category_out(node: CategoryNode) -> CategoryOut:
    return CategoryOut(
        id=node.category_id,
        parent_id=node.parent_id,
        name=node.name,
        path=node.path,
        is_leaf=node.is_leaf,
    )


def tree_out(name: TreeName, tree: CategoryTree | None, interval: timedelta) -> TreeOut:
    fetched = tree is not None and tree.fetched_at is not None
    stale = tree is not None and is_stale(tree, interval, utc_now())
    error = tree.error_code if tree else None
    return TreeOut(
        platform=name.platform,
        environment=name.environment,
        locale=name.locale,
        state="fetched" if fetched else "not_fetched",
        stale=stale,
        fetched_at=tree.fetched_at if tree else None,
        requested_at=tree.requested_at if tree else None,
        error=TreeError(code=error, message=(tree and tree.error) or "")
        if error
        else None,
        advice=_advice(fetched=fetched, stale=stale, failed=error is not None),
    )


def _advice(*, fetched: bool, stale: bool, failed: bool) -> str | None:
    if fetched:
        return RETRYING if stale else None
    return NOT_YET if failed else ADVICE


def attribute_out(attribute: ChannelAttribute, part: Part = "offer") -> AttributeOut:
    return AttributeOut(
        name=attribute.name,
        label=attribute.label,
        required=attribute.required,
        type=attribute.type,
        accepted=list(attribute.accepted),
        minimum=attribute.minimum,
        maximum=attribute.maximum,
        max_length=attribute.max_length,
        help=attribute.help,
        part=part,
    )
