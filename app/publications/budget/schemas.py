"""The line budget of a seller account as callers see it."""

from datetime import datetime

from pydantic import BaseModel, Field

from app.accounts.models import SellerAccount
from app.accounts.service import Limits
from app.publications.budget.backlog import Budget


class LaneOut(BaseModel):
    """Changes that wait in one lane."""

    lane: str = Field(description="in the order of sending: stock_down goes first")
    changes: int
    eta: datetime | None = Field(
        description="when the last of them goes, by this hour's pace; null: none waits"
    )


class BudgetOut(BaseModel):
    """Lines of the last hour against the limit, and what waits for the next ones."""

    lines_per_hour: int
    requests_per_10s: int
    used: int
    left: int = Field(description="lines that lowered stock may use now")
    left_for_all: int = Field(
        description="of these, lines for anything: one in a hundred of the hour's is "
        "kept for stock that is lowered"
    )
    queue: list[LaneOut] = Field(description="over all stores of the account")
    waiting: int = Field(description="changes of all lanes")
    eta: datetime | None = Field(description="when all that waits now has gone")
    paused_until: datetime | None = Field(
        description="the account rests until then, since Back Market asked for it"
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
        left=budget.left,
        left_for_all=budget.left_for_all,
        queue=lanes,
        waiting=sum(budget.queue.values()),
        eta=budget.eta,
        paused_until=account.paused_until,
    )
