"""Publications and their reports as callers see them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.publications.causes import ErrorClass
from app.publications.enums import ChangeReason, Lane, Outcome, PublicationKind
from app.publications.messages import sentence_for
from app.publications.models import Publication
from app.web.schemas import ReasonOut

CHOICES = "exactly one of skus, code, all"
LaneName = Literal["stock_down", "price", "stock_up", "new", "content", "repeat"]


class PublicationIn(BaseModel):
    """What to publish now."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "offers"}]}
    )

    kind: PublicationKind = Field(
        PublicationKind.OFFERS,
        description="`offers`, or `products`: what Back Market needs for EANs that it "
        "does not know (needs `publish_products`)",
    )
    plan_id: UUID | None = Field(
        None,
        description="a plan of this store: exactly this is sent, or nothing and "
        "`plan_changed` tells what is different now",
    )


class Counts(BaseModel):
    """How many changes the plan has, by reason and by outcome."""

    changes: int
    by_reason: dict[ChangeReason, int]
    by_outcome: dict[Outcome, int]
    confirmed: int = Field(
        description="accepted changes that the listings were seen to show since; what "
        "they do not show is `unconfirmed`"
    )
    deferred_unlisted: int = Field(
        description="deferred changes that are counted but not listed one by one"
    )


class Differing(BaseModel):
    """Changes that a plan has and the present does not, or the other way round."""

    count: int
    skus: list[str] = Field(description="up to ten examples")


class PlanChanged(BaseModel):
    """How what would be sent now differs from the plan that was to be published."""

    added: Differing = Field(description="would be sent now, not in the plan")
    removed: Differing = Field(description="in the plan, not to be sent any more")
    changed: Differing = Field(description="in both, with another reason or content")


class HookDetails(BaseModel):
    """What webhooks said that asked for this run, or joined it before it began."""

    webhooks: int
    first_at: datetime
    last_at: datetime
    skus: list[str] = Field(
        description="SKUs that were named, at most 1,000; the run sends all that "
        "differs, these included"
    )
    skus_omitted: int = Field(description="SKUs beyond the first 1,000")


class PublicationOut(BaseModel):
    """One run: plan, send, outcomes."""

    id: UUID
    store_id: UUID
    kind: PublicationKind
    trigger: Literal[
        "api", "schedule", "carry_over", "follow_up", "hook", "quick_update"
    ]
    state: Literal[
        "requested",
        "planning",
        "sending",
        "waiting",
        "finished",
        "failed",
        "cancelled",
    ]
    reason: ReasonOut | None
    counts: Counts
    plan_hash: str | None = Field(
        description="SHA-256 over all that is to be sent, now or later; equal plans "
        "have equal hashes"
    )
    plan_id: UUID | None = Field(description="the plan that was to be published")
    plan_changed: PlanChanged | None
    not_before: datetime | None
    follow_up_id: UUID | None = Field(
        description="the run that goes on with what was deferred or superseded"
    )
    hook: HookDetails | None
    requested_at: datetime
    started_at: datetime | None
    planned_at: datetime | None
    finished_at: datetime | None


class ChangeOut(BaseModel):
    """One SKU of a plan: why, what, and what became of it."""

    seq: int
    sku: str
    reason: ChangeReason
    lane: str = Field(description="order of sending: stock_down goes first")
    method: Literal["single", "batch"] | None
    before: dict[str, Any] = Field(description="what Back Market last accepted")
    after: dict[str, Any] = Field(description="what was sent; only fields that differ")
    outcome: Outcome
    code: str | None
    message: str | None
    warnings: list[ReasonOut] = Field(description="what Back Market may make of it")
    settled_at: datetime | None
    confirmed_at: datetime | None = Field(
        description="when the listing was read back and showed it"
    )


class Cause(BaseModel):
    """Why something was refused, and what to do about it."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    code: str
    message: str
    kind: ErrorClass = Field(
        alias="class",
        description="`transient` heals by itself, `data` in the catalog, `permission` "
        "and `product_unknown` at Back Market",
    )
    hint: str = Field(description="what to do")


class ErrorGroup(Cause):
    """Changes that were not accepted for the same cause."""

    changes: int
    skus: list[str] = Field(description="up to five examples")


class OfferErrorGroup(Cause):
    """Offers in error for the same cause."""

    offers: int
    quarantined: int = Field(description="those that are not sent any more")
    skus: list[str] = Field(description="up to five examples")
    since: datetime | None = Field(description="the oldest of these refusals")
    retry_at: datetime | None = Field(
        description="when the first of them is sent again; transient ones only"
    )


class ReleaseIn(BaseModel):
    """Which quarantined offers to send once more: exactly one of the three."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"skus": ["IP12-64-A"]}]}
    )

    skus: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        None, min_length=1, max_length=1000
    )
    code: str | None = Field(
        None, min_length=1, max_length=50, description="those refused with this code"
    )
    all: Literal[True] | None = Field(None, description="every one of the store")

    @model_validator(mode="after")
    def _one_choice(self) -> "ReleaseIn":
        if sum(given is not None for given in (self.skus, self.code, self.all)) != 1:
            raise PydanticCustomError(
                "one_choice", f"It needs {CHOICES}.", {"accepted": CHOICES}
            )
        return self


class ReleaseOut(BaseModel):
    """What was released; the next run sends it."""

    released: int


class SubmissionOut(BaseModel):
    """One call to Back Market that carried changes."""

    seq: int
    method: Literal["single", "batch"]
    action: Literal["create", "update"]
    state: Literal["pending", "sending", "uncertain", "sent", "settled"]
    lines: int
    task_id: int | None
    attempts: int
    sent_at: datetime | None
    settled_at: datetime | None


def publication_out(
    publication: Publication, live: dict[str, int] | None = None
) -> PublicationOut:
    """`live`: outcomes counted now, for a run that is under way."""
    reason = None
    if publication.reason_code:
        message = publication.reason or sentence_for(publication.reason_code)
        reason = ReasonOut(code=publication.reason_code, message=message)
    return PublicationOut(
        **publication.model_dump(
            exclude={
                "reason_code",
                "reason",
                "totals",
                "account_id",
                "failures",
                "plan_only",
                "progress",
                "priority",
            }
        ),
        reason=reason,
        counts=counts_of(publication.totals, live),
        plan_changed=publication.totals.get("plan_changed"),
    )


def counts_of(totals: dict[str, Any], live: dict[str, int] | None = None) -> Counts:
    """`live`: outcomes counted now."""
    outcomes: dict[str, int] = totals.get("outcomes") or live or {}
    by_reason: dict[ChangeReason, int] = {}
    by_outcome: dict[Outcome, int] = {}
    for key, number in outcomes.items():
        reason, _, outcome = key.partition(".")
        by_reason[ChangeReason(reason)] = (
            by_reason.get(ChangeReason(reason), 0) + number
        )
        by_outcome[Outcome(outcome)] = by_outcome.get(Outcome(outcome), 0) + number
    unlisted = totals.get("unlisted", 0)
    if unlisted:
        by_outcome[Outcome.DEFERRED] = by_outcome.get(Outcome.DEFERRED, 0) + unlisted
    return Counts(
        changes=sum(outcomes.values()) + unlisted,
        by_reason=by_reason,
        by_outcome=by_outcome,
        confirmed=totals.get("confirmed", 0),
        deferred_unlisted=unlisted,
    )


def change_out(row: Any) -> ChangeOut:  # noqa: ANN401 - a row of `change`
    return ChangeOut(
        seq=row.seq,
        sku=row.sku,
        reason=row.reason,
        lane=Lane(row.lane).name.lower(),
        method=row.method,
        before=row.before,
        after=row.after,
        outcome=row.outcome,
        code=row.code,
        message=row.message or (sentence_for(row.code) if row.code else None),
        warnings=[
            ReasonOut(code=code, message=sentence_for(code))
            for code in row.warnings or []
        ],
        settled_at=row.settled_at,
        confirmed_at=row.confirmed_at,
    )
