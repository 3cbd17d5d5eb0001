"""API shapes of a requested action, its outcome and its submissions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.orders.models import OrderAction, OrderSubmission


class ActionSubmissionOut(BaseModel):
    """One request to Back Market for an action."""

    lines: list[int]
    state: Literal[
        "pending", "sending", "uncertain", "done", "reconciled", "refused", "failed"
    ]
    attempts: int
    code: str | None
    message: str | None
    sent_at: datetime | None
    readbacks: int = Field(
        description="how often the order was read since without showing the effect"
    )
    next_readback_at: datetime | None
    settled_at: datetime | None


class ActionOut(BaseModel):
    """A requested action and its outcome.

    `done`: Back Market accepted it. `reconciled`: the order that was read shows the
    effect, after a lost response or because it was shipped elsewhere. `refused`: Back
    Market refused it, with its `message`. `failed`: refeed could not execute it.
    """

    id: UUID
    order_id: UUID
    action: str
    state: Literal[
        "requested", "running", "waiting", "done", "reconciled", "refused", "failed"
    ]
    code: str | None
    message: str | None
    lines: list[int]
    rule: str | None = Field(description="of the automation that requested it")
    fields: dict[str, Any]
    submissions: list[ActionSubmissionOut]
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ActionOfOrder(ActionOut):
    """An action with Back Market's number of its order."""

    marketplace_id: int


def action_out(
    action: OrderAction, submissions: Sequence[OrderSubmission]
) -> ActionOut:
    return ActionOut(
        **action.model_dump(
            include={
                "id",
                "order_id",
                "action",
                "state",
                "rule",
                "fields",
                "requested_at",
                "started_at",
                "finished_at",
            }
        ),
        code=action.reason_code,
        message=action.reason,
        lines=action.line_ids,
        submissions=[
            ActionSubmissionOut.model_validate(
                {
                    "lines": call.line_ids,
                    "state": call.state,
                    "attempts": call.attempts,
                    "code": call.reason_code,
                    "message": call.reason,
                    "sent_at": call.sent_at,
                    "readbacks": call.readbacks,
                    "next_readback_at": call.readback_at,
                    "settled_at": call.settled_at,
                }
            )
            for call in submissions
        ],
    )
