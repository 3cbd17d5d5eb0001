"""API shapes of publications and their reports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.publications.enums import ChangeReason, Lane, Outcome, PublicationKind
from app.publications.error_classes import ErrorClass, hint_of_change
from app.publications.messages import sentence_for
from app.publications.models import Publication
from app.web.schemas import All, ReasonOut

CHOICES = "exactly one of skus, code, all"
LaneName = Literal["stock_down", "price", "stock_up", "new", "content", "repeat"]


class PublicationIn(BaseModel):
    """What to publish now."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "offers"}]}
    )

    kind: PublicationKind = Field(
        PublicationKind.OFFERS,
        description="`offers`, or `products`: descriptions of EANs unknown to Back "
        "Market (needs `publish_products`)",
    )
    plan_id: UUID | None = Field(
        None,
        description="a plan of this store: exactly this is sent. If it is no longer "
        "current, nothing is sent and `plan_changed` has the differences",
    )


class PublicationCounts(BaseModel):
    """How many changes the plan has, by reason and by outcome."""

    changes: int
    by_reason: dict[ChangeReason, int]
    by_outcome: dict[Outcome, int]
    confirmed: int = Field(
        description="accepted changes that a readback of the listings showed; others "
        "are `unconfirmed`"
    )
    deferred_unlisted: int = Field(
        description="deferred changes that are counted but not listed one by one"
    )


class Differing(BaseModel):
    """Changes on one side of a comparison of plans."""

    count: int
    skus: list[str] = Field(description="up to ten examples")


class PlanChanged(BaseModel):
    """How the current plan differs from the requested plan."""

    added: Differing = Field(description="only in the current plan")
    removed: Differing = Field(description="only in the requested plan")
    changed: Differing = Field(description="in both, with another reason or content")


class HookDetails(BaseModel):
    """The webhooks that requested this run, or joined it before it started."""

    webhooks: int
    first_at: datetime
    last_at: datetime
    skus: list[str] = Field(
        description="SKUs of the webhooks, at most 1,000; the run sends all differences"
    )
    skus_omitted: int = Field(description="SKUs beyond the first 1,000")


class PublicationOut(BaseModel):
    """One run: plan, send, outcomes."""

    id: UUID
    store_id: UUID
    kind: PublicationKind
    trigger: Literal[
        "api",
        "schedule",
        "carry_over",
        "follow_up",
        "hook",
        "quick_update",
        "departure",
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
    counts: PublicationCounts
    plan_hash: str | None = Field(
        description="SHA-256 over all changes to send, now or later; equal plans have "
        "equal hashes"
    )
    plan_id: UUID | None = Field(description="the requested plan")
    plan_changed: PlanChanged | None
    not_before: datetime | None
    follow_up_id: UUID | None = Field(
        description="the run that sends deferred or superseded changes"
    )
    hook: HookDetails | None
    requested_at: datetime
    started_at: datetime | None
    planned_at: datetime | None
    finished_at: datetime | None


class ChangeOut(BaseModel):
    """One change of a SKU: reason, values and outcome."""

    seq: int
    sku: str
    reason: ChangeReason
    lane: str = Field(description="order of sending: stock_down goes first")
    method: Literal["single", "batch"] | None
    before: dict[str, Any] = Field(
        description="the values that Back Market last accepted"
    )
    after: dict[str, Any] = Field(
        description="the values to send; only fields that differ"
    )
    outcome: Outcome
    code: str | None
    message: str | None
    hint: str | None
    warnings: list[ReasonOut] = Field(description="possible effects at Back Market")
    settled_at: datetime | None
    confirmed_at: datetime | None = Field(
        description="when a readback showed the values"
    )


class Cause(BaseModel):
    """Why a change was refused, and what to do about it."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    code: str
    message: str
    kind: ErrorClass = Field(
        alias="class",
        description="who can act: `transient` is retried, `data` is corrected in the "
        "catalog, `permission` and `product_unknown` at Back Market",
    )
    hint: str = Field(description="what to do")


class ErrorGroup(Cause):
    """Changes that were not accepted, with the same cause."""

    changes: int
    skus: list[str] = Field(description="up to five examples")


class OfferErrorGroup(Cause):
    """Offers in error with the same cause."""

    offers: int
    quarantined: int = Field(description="offers that are no longer sent")
    skus: list[str] = Field(description="up to five examples")
    since: datetime | None = Field(description="the oldest of these refusals")
    retry_at: datetime | None = Field(
        description="when the first of them is retried; transient causes only"
    )


class ReleaseIn(BaseModel):
    """Which quarantined offers to release: exactly one of the three fields."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"skus": ["IP12-64-A"]}]}
    )

    skus: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        None, min_length=1, max_length=1000
    )
    code: str | None = Field(
        None, min_length=1, max_length=50, description="those refused with this code"
    )
    all: All | None = Field(None, description="every one of the store")

    @model_validator(mode="after")
    def _one_choice(self) -> "ReleaseIn":
        if sum(given is not None for given in (self.skus, self.code, self.all)) != 1:
            raise PydanticCustomError(
                "one_choice", f"It needs {CHOICES}.", {"accepted": CHOICES}
            )
        return self


class ReleaseOut(BaseModel):
    """How many offers were released; the next run sends them."""

    released: int


class SubmissionOut(BaseModel):
    """One request to Back Market with changes."""

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
    """The API shape; `live`: current counts of an active run."""
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


def counts_of(
    totals: dict[str, Any], live: dict[str, int] | None = None
) -> PublicationCounts:
    """PublicationCounts from the totals; `live`: current counts of an active run."""
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
    return PublicationCounts(
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
        hint=hint_of_change(row.outcome, row.code, row.message),
        warnings=[
            ReasonOut(code=code, message=sentence_for(code))
            for code in row.warnings or []
        ],
        settled_at=row.settled_at,
        confirmed_at=row.confirmed_at,
    )
