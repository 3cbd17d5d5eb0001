"""Response schemas of versions."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.access.audit.differences import MAX_LISTED
from app.stores.history.models import StoreVersion


class SetByOut(BaseModel):
    """The API key that set a version."""

    id: UUID | None = Field(description="of the API key; null for the admin key")
    name: str = Field(
        description="name of the key; `unknown` for content older than the first "
        "recorded version"
    )


class DifferenceOut(BaseModel):
    """A value that changed; null where there was, or is, no value."""

    path: str = Field(description="JSON Pointer into the content")
    before: Any
    after: Any


class VersionOut(BaseModel):
    """A version of a part of the store, and its differences from the one before."""

    part: Literal["settings", "mapping", "categories"]
    number: int
    created_at: datetime
    set_by: SetByOut
    restored_from: int | None
    changed: int = Field(description="how many values differ")
    differences: list[DifferenceOut] = Field(
        description=f"the first {MAX_LISTED} of them"
    )


class VersionDetailOut(VersionOut):
    """A version with its content; categories by their source. It has no token."""

    content: dict[str, Any]


def version_out(version: StoreVersion) -> VersionOut:
    return VersionOut.model_validate(_fields(version))


def version_detail_out(version: StoreVersion) -> VersionDetailOut:
    return VersionDetailOut.model_validate(
        _fields(version) | {"content": version.content}
    )


def _fields(version: StoreVersion) -> dict[str, Any]:
    fields = version.model_dump(exclude={"store_id", "content", "key_id", "set_by"})
    return fields | {"set_by": {"id": version.key_id, "name": version.set_by}}
