"""API schemas of plans."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.publications.messages import sentence_for
from app.publications.models import Plan
from app.publications.schemas import PublicationCounts, counts_of
from app.web.schemas import ReasonOut


class PlanIn(BaseModel):
    """What to plan."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "offers"}]}
    )

    kind: Literal["offers"] = "offers"


class PlanLines(BaseModel):
    """SKU lines of the account's budget that the plan needs."""

    now: int = Field(description="lines that would be sent at once")
    deferred: int = Field(description="lines that would wait for the next hours")


class PlanVersions(BaseModel):
    """Versions that the plan was made with."""

    store: int = Field(description="the store's `ETag`")
    catalog_id: UUID | None
    settings: int | None = Field(
        None, description="as in `GET /v1/stores/{id}/versions/settings`; null: unset"
    )
    mapping: int | None = None
    categories: int | None = None


class PlanOut(BaseModel):
    """What a publication would send, now or when the line budget allows."""

    id: UUID
    store_id: UUID
    kind: Literal["offers"]
    state: Literal["requested", "ready", "failed"]
    reason: ReasonOut | None
    counts: PublicationCounts | None = Field(description="null until the plan is ready")
    content_hash: str | None = Field(
        description="SHA-256 over all changes to send, now or later, independent of "
        "the budget; held and rejected changes are not part of it"
    )
    lines: PlanLines | None
    eta: datetime | None = Field(
        description="when the last line would be sent, if no other store used the "
        "account's lines; null when there is nothing to send"
    )
    versions: PlanVersions | None
    requested_at: datetime
    ready_at: datetime | None


def plan_out(plan: Plan) -> PlanOut:
    reason = None
    if plan.reason_code:
        message = sentence_for(plan.reason_code)
        reason = ReasonOut(code=plan.reason_code, message=message)
    estimate = plan.forecast
    return PlanOut(
        id=plan.id,
        store_id=plan.store_id,
        kind="offers",
        state=plan.state,
        reason=reason,
        counts=counts_of(plan.totals) if plan.ready_at else None,
        content_hash=plan.content_hash,
        lines=PlanLines(now=estimate["now"], deferred=estimate["deferred"])
        if estimate
        else None,
        eta=estimate["eta"] if estimate else None,
        versions=PlanVersions(**plan.versions) if plan.versions else None,
        requested_at=plan.requested_at,
        ready_at=plan.ready_at,
    )
