"""API shapes of webhooks and their secrets."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_SKUS = 1000
Sku = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class HookIn(BaseModel):
    """The body of a webhook; it may be empty."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"skus": ["IP12-64-A"]}]}
    )

    skus: list[Sku] = Field(
        [],
        max_length=MAX_SKUS,
        description="SKUs that changed, for the report; the run sends all differences",
    )


class HookOut(BaseModel):
    """The requested publication."""

    publication_id: UUID


class HookSecretIssued(BaseModel):
    """A new secret. It is shown only once."""

    secret: str = Field(description="`whsec_...`, for a Standard Webhooks library")
    since: datetime
    previous_until: datetime | None = Field(
        description="until when the replaced secret stays valid"
    )


class HookSecretOut(BaseModel):
    """Whether the store accepts webhooks. The secret itself is not shown again."""

    exists: bool
    since: datetime | None
    previous_until: datetime | None = Field(
        description="until when the replaced secret stays valid"
    )
