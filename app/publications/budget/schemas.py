"""API schemas of the line budget of a seller account."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.accounts.models import SellerAccount
from app.accounts.service import Limits
from app.publications.budget.backlog import Budget


class LaneOut(BaseModel):
    """The backlog of one lane."""

    lane: str = Field(description="in the order of sending: stock_down first")
    changes: int
    eta: datetime | None = Field(
        description="when the last of them is sent, at this hour's pace; null: none"
    )


class BudgetOut(BaseModel):
    """Lines used in the last hour, the limit, and the backlog by lane."""

    lines_per_hour: int
    requests_per_10s: int
    used: int
    remaining: int = Field(description="lines that lowered stock may use now")
    remaining_for_all: int = Field(
        description="of these, lines for any change: 1 % of the hour's lines is "
        "reserved for lowered stock"
    )
    queue: list[LaneOut] = Field(description="by lane, over all stores of the account")
    backlog: int = Field(description="changes of all lanes")
    eta: datetime | None = Field(description="when the whole backlog is sent")
    paused_until: datetime | None = Field(
        description="no requests until then: Back Market asked to slow down"
    )


def budget_out(account: SellerAccount, limits: Limits, budget: Budget) -> BudgetOut:
    lanes = [
        LaneOut(lane=lane.name.lower(), changes=changes, eta=budget.etas[lane])
        for lane, changes in budget.queue.items()
    ]
    return BudgetOut(
        lines_per_hour=limits.lines_per_hour,
        requests_per_10s=limits.requests_per_10s,
        used=budget.used,
        remaining=budget.remaining,
        remaining_for_all=budget.remaining_for_all,
        queue=lanes,
        backlog=sum(budget.queue.values()),
        eta=budget.eta,
        paused_until=account.paused_until,
    )
