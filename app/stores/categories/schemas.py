"""Channel attributes and Back Market's snapshot as callers see them."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.columns import utc_now
from app.stores.categories.models import CategoryNode, CategorySnapshot
from app.stores.categories.service import SnapshotKey, is_stale
from app.stores.channel import ChannelAttribute
from app.web.pagination import Page
from app.web.schemas import ReasonOut

HINT_NOT_FETCHED = (
    "A worker fetches the categories as soon as a store of this platform and "
    "environment has a token: PUT /v1/stores/{id}/settings. Retry in a few seconds."
)
HINT_FAILED = (
    "The categories could not be fetched, see `error`. The refresh is retried "
    "automatically, and at once when a token is set or works again."
)
HINT_STALE = (
    "The refresh is retried automatically; until then these are the last categories."
)


AttributePart = Literal["offer", "product", "category"]


class AttributeOut(BaseModel):
    """A channel attribute with its type, accepted values and help."""

    name: str
    label: str
    required: bool
    type: str
    accepted: list[str]
    minimum: int | None
    maximum: int | None
    max_length: int | None
    help: str
    part: AttributePart = Field(
        description="whether offers, all products, or products of the category have it"
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
    path: str = Field(description="names from the root, separated by ` > `")
    is_leaf: bool


class CategorySnapshotOut(BaseModel):
    """The stored categories of one language, and how current they are."""

    platform: str
    environment: str
    locale: str
    state: Literal["fetched", "not_fetched"]
    stale: bool = Field(
        description="the last refresh failed; this is an older snapshot"
    )
    fetched_at: datetime | None
    requested_at: datetime | None = Field(description="when the last refresh started")
    error: ReasonOut | None = Field(description="why the last refresh failed")
    hint: str | None = Field(description="what to do, if anything")


class CategoriesPage(Page[CategoryOut]):
    """A page of categories in depth-first order, and their snapshot."""

    snapshot: CategorySnapshotOut


def category_out(node: CategoryNode) -> CategoryOut:
    return CategoryOut(
        id=node.category_id,
        parent_id=node.parent_id,
        name=node.name,
        path=node.path,
        is_leaf=node.is_leaf,
    )


def snapshot_out(
    name: SnapshotKey, snapshot: CategorySnapshot | None, interval: timedelta
) -> CategorySnapshotOut:
    fetched = snapshot is not None and snapshot.fetched_at is not None
    stale = snapshot is not None and is_stale(snapshot, interval, utc_now())
    error = snapshot.error_code if snapshot else None
    return CategorySnapshotOut(
        platform=name.platform,
        environment=name.environment,
        locale=name.locale,
        state="fetched" if fetched else "not_fetched",
        stale=stale,
        fetched_at=snapshot.fetched_at if snapshot else None,
        requested_at=snapshot.requested_at if snapshot else None,
        error=ReasonOut(code=error, message=(snapshot and snapshot.error) or "")
        if error
        else None,
        hint=_hint(fetched=fetched, stale=stale, failed=error is not None),
    )


def _hint(*, fetched: bool, stale: bool, failed: bool) -> str | None:
    if fetched:
        return HINT_STALE if stale else None
    return HINT_FAILED if failed else HINT_NOT_FETCHED


def attribute_out(
    attribute: ChannelAttribute, part: AttributePart = "offer"
) -> AttributeOut:
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
