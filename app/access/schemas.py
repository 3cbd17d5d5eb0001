"""API keys as callers see them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.access.models import ApiKey
from app.core.columns import utc_now


def _to_come(moment: datetime) -> datetime:
    if moment <= utc_now():
        raise PydanticCustomError(
            "in_the_past", "It has passed already.", {"accepted": "a time to come"}
        )
    return moment


class ApiKeyIn(BaseModel):
    """A key to be issued."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "shop frontend", "scope": "read", "store_ids": None}]
        },
    )

    name: str = Field(min_length=1, max_length=100)
    scope: Literal["read", "write", "admin"] = "read"
    store_ids: list[UUID] | None = Field(
        None, max_length=1000, description="stores it holds for; null = every store"
    )
    expires_at: Annotated[AwareDatetime, AfterValidator(_to_come)] | None = Field(
        None, description="when it stops working; null = never"
    )


class ApiKeyOut(BaseModel):
    """A key without the key: `hint` is its start."""

    id: UUID
    name: str
    hint: str
    scope: str
    store_ids: list[UUID] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeyIssued(ApiKeyOut):
    """The answer that shows the key, once."""

    key: str


def shown(row: ApiKey) -> ApiKeyOut:
    return ApiKeyOut.model_validate(row.model_dump())
