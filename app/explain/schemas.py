"""API shapes of an explained offer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.catalogs.schemas import RowProblemOut
from app.explain.facts import OfferState
from app.offers.schemas import OfferShown
from app.offers.schemas import OfferState as ListState
from app.web.pagination import Page


class MappedFrom(BaseModel):
    """Where one attribute of the offer came from."""

    attribute: str
    source: Literal["column", "constant", "template"]
    definition: str = Field(
        description="the column, constant or template of the mapping"
    )
    cells: dict[str, str | None] = Field(description="the cells it was read from")
    value: str | None = Field(description="the value after the mapping")


class CatalogStep(BaseModel):
    """The catalog row of the offer."""

    catalog_id: str
    filename: str | None
    mode: str
    lines: list[int] = Field(description="lines of the file with this SKU")
    row: Literal["found", "not_in_file", "file_deleted", "unreadable", "timed_out"] = (
        Field(description="whether the row was found in the stored file")
    )
    problems: list[RowProblemOut]


class PlanStep(BaseModel):
    """The change of the offer in the plan of a run."""

    publication_id: str
    seq: int
    kind: str = Field(description="`offers` or `products`")
    trigger: str
    reason: str
    lane: str
    method: str | None
    before: dict[str, Any]
    after: dict[str, Any]


class SubmissionStep(BaseModel):
    """The submission to Back Market that contained the change."""

    publication_id: str
    submission: int
    method: str
    action: str
    state: str
    lines: int
    task_id: int | None
    attempts: int
    polls: int
    sent_at: datetime | None
    settled_at: datetime | None


class OutcomeStep(BaseModel):
    """The outcome of the change."""

    publication_id: str
    outcome: str
    code: str | None
    message: str | None


class DecisionStep(BaseModel):
    """An approval or rejection of a held change."""

    publication_id: str
    decision: Literal["approved", "rejected"]
    code: str = Field(description="why the change was held")
    decided_by: str = Field(description="the name of the API key")
    field: Literal["quantity", "price"]
    before: str | None
    after: str


class TimelineEvent(BaseModel):
    """One step; the field named by `kind` has the details."""

    at: datetime | None
    kind: Literal[
        "catalog", "mapping", "plan", "submission", "outcome", "decision", "readback"
    ]
    text: str = Field(description="the step in one sentence")
    catalog: CatalogStep | None = None
    mapping: list[MappedFrom] | None = None
    plan: PlanStep | None = None
    submission: SubmissionStep | None = None
    outcome: OutcomeStep | None = None
    decision: DecisionStep | None = None


class OfferExplained(OfferShown):
    """Why an offer is online or not, with a timeline."""

    state: OfferState
    explanation: str = Field(
        description="why the offer is in this state, in one sentence"
    )
    hint: str = Field(description="what to do about it")
    list_state: ListState = Field(description="its `state` in the list of offers")
    timeline: Page[TimelineEvent] = Field(
        description="newest first; pass `next` as `cursor` to continue. A page can "
        "be short: continue while `next` is set"
    )
