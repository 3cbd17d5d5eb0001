"""Request and response schemas of API keys."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.access.models import ApiKey
from app.access.service import ADMIN_NAME, Caller
from app.core.columns import utc_now
from app.web.schemas import Timestamp


def _in_the_future(moment: datetime) -> datetime:
    if moment <= utc_now():
        raise PydanticCustomError(
            "in_the_past", "The time is in the past.", {"accepted": "a future time"}
        )
    return moment


class ApiKeyIn(BaseModel):
    """A new API key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "shop frontend", "scope": "read", "store_ids": None}]
        },
    )

    name: str = Field(min_length=1, max_length=100)
    scope: Literal["read", "write", "admin"] = "read"
    store_ids: list[UUID] | None = Field(
        None, max_length=1000, description="stores it is valid for; null = every store"
    )
    expires_at: Annotated[Timestamp, AfterValidator(_in_the_future)] | None = Field(
        None, description="when it expires; null = never"
    )


class ApiKeyOut(BaseModel):
    """An API key without the secret; `hint` is its start."""

    id: UUID
    name: str
    hint: str
    scope: str
    store_ids: list[UUID] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class CurrentKeyOut(BaseModel):
    """The key of this request: what it may do, and for which stores."""

    name: str = Field(description="`admin key` for the operator's own one")
    scope: Literal["read", "write", "admin"]
    store_ids: list[UUID] | None = Field(description="null: every store")
    expires_at: datetime | None


class ApiKeyIssued(ApiKeyOut):
    """A new API key with the secret, which is returned only once."""

    key: str


class EventTokenIssued(BaseModel):
    """A token for event streams, with the rights of the key that issued it."""

    token: str = Field(description="pass as `access_token` to an event stream")
    expires_at: datetime = Field(description="until then a stream can be opened")


def api_key_out(row: ApiKey) -> ApiKeyOut:
    return ApiKeyOut.model_validate(row.model_dump())


def current_key_out(caller: Caller, row: ApiKey | None) -> CurrentKeyOut:
    """`row` is None for the operator's own key."""
    return CurrentKeyOut.model_validate(
        {
            "name": row.name if row else ADMIN_NAME,
            "scope": caller.scope,
            "store_ids": row.store_ids if row else None,
            "expires_at": row.expires_at if row else None,
        }
    )
