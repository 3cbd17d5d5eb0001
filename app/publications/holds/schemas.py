"""API schemas of held changes and decisions about them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.publications.error_classes import error_class_of, hint_for
from app.publications.holds.held_changes import ACCOUNT_CODES
from app.publications.messages import sentence_for
from app.web.schemas import All

HoldState = Literal["pending", "approved", "rejected", "expired"]
BrakeCode = Literal[
    "brake_zeroing",
    "brake_price",
    "brake_price_wave",
    "brake_shrunk",
    "brake_column_empty",
]
HoldCode = BrakeCode | Literal["live_in_other_market", "other_market_protected"]
WHICH = "exactly one of skus, code, all"


class DecisionIn(BaseModel):
    """Which of the held changes of a publication: by SKU, by code, or all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"all": True}, {"skus": ["IP12-64-A"]}]},
    )

    skus: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=200)]],
            Field(min_length=1, max_length=10_000),
        ]
        | None
    ) = None
    code: BrakeCode | None = None
    all: All | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> "DecisionIn":
        given = [v for v in (self.skus, self.code, self.all) if v is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "which_changes", f"It needs {WHICH}.", {"accepted": WHICH}
            )
        return self


class DecisionOut(BaseModel):
    """The result of a decision."""

    decided: int = Field(description="held changes that were approved or rejected")
    not_held: int = Field(
        description="changes held by this publication that are no longer desired, have "
        "other content now, or were decided before; decide those again by SKU"
    )
    not_decidable: int = Field(
        description="named SKUs that this publication holds for a reason which no "
        "decision changes, as `active_in_sibling_store`; their `hint` says what to do"
    )
    follow_up_id: UUID | None = Field(
        description="the run that sends the approved changes; null when nothing was "
        "approved or the store is not active"
    )


class HoldOut(BaseModel):
    """One held change, and the decision about it.

    Quantities of listings in other markets are decided by `other_markets` of the seller
    account, not one by one.
    """

    sku: str
    kind: Literal["quantity", "price"]
    before: str | None = Field(description="the live value")
    after: str = Field(description="the held value; an approval applies only to it")
    code: HoldCode
    message: str
    hint: str = Field(description="what to do")
    state: HoldState
    publication_id: UUID = Field(description="the last publication that held it")
    held_at: datetime
    decided_at: datetime | None
    decided_by: str | None = Field(description="the name of the API key that decided")
    expires_at: datetime | None = Field(
        description="until then it can be approved, or the approval is valid"
    )


def hold_out(row: Any) -> HoldOut:  # noqa: ANN401 - a row of `hold`
    keeps = row.state == "rejected" or row.code in ACCOUNT_CODES
    return HoldOut(
        sku=row.sku,
        kind="price" if row.kind == "price" else "quantity",
        before=row.before,
        after=row.content,
        code=row.code,
        message=sentence_for(row.code),
        hint=hint_for(row.code, error_class_of(row.code)),
        state=row.state,
        publication_id=row.publication_id,
        held_at=row.held_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        expires_at=None if keeps else row.expires_at,
    )
