"""Versions as callers see them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.stores.history.differences import MOST
from app.stores.history.models import StoreVersion


class SetBy(BaseModel):
    """The API key that set a version."""

    id: UUID | None = Field(description="of the API key; null for the admin key")
    name: str = Field(
        description="name of the key; `unknown` for what stood there before versions "
        "were kept"
    )


class DifferenceOut(BaseModel):
    """A place that changed; null where there was, or is, nothing."""

    path: str = Field(description="JSON Pointer into the content")
    before: Any
    after: Any


class VersionOut(BaseModel):
    """Who set a part of the store, when, and what differs from the version before."""

    part: Literal["settings", "mapping", "categories"]
    number: int
    created_at: datetime
    set_by: SetBy
    restored_from: int | None
    changed: int = Field(description="how many places differ")
    differences: list[DifferenceOut] = Field(description=f"the first {MOST} of them")


class VersionInFull(VersionOut):
    """A version with its content; categories by their source. Never a token."""

    content: dict[str, Any]


def version_out(version: StoreVersion) -> VersionOut:
    return VersionOut.model_validate(_told(version))


def version_in_full(version: StoreVersion) -> VersionInFull:
    return VersionInFull.model_validate(_told(version) | {"content": version.content})


def _told(version: StoreVersion) -> dict[str, Any]:
    told = version.model_dump(exclude={"store_id", "content", "key_id", "set_by"})
    return told | {"set_by": {"id": version.key_id, "name": version.set_by}}
