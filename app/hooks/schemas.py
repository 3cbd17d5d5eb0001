"""Webhooks and their secrets as callers see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_SKUS = 1000
Sku = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class HookIn(BaseModel):
    """What a webhook may say; an empty body says nothing and is as good."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"skus": ["IP12-64-A"]}]}
    )

    skus: list[Sku] = Field(
        [],
        max_length=MOST_SKUS,
        description="what changed, kept with the run; the run sends all that differs",
    )


class HookOut(BaseModel):
    """The run that does it."""

    publication_id: UUID


class HookSecretIssued(BaseModel):
    """A new secret. It is shown this once."""

    secret: str = Field(description="`whsec_...`, for a Standard Webhooks library")
    since: datetime
    previous_until: datetime | None = Field(
        description="until when the replaced secret stays valid"
    )


class HookSecretOut(BaseModel):
    """Whether the store takes webhooks. The secret itself is never shown again."""

    exists: bool
    since: datetime | None
    previous_until: datetime | None = Field(
        description="until when the replaced secret stays valid"
    )
