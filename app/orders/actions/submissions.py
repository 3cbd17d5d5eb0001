"""Reads and writes the rows of actions and their submissions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.columns import utc_now
from app.orders.actions.transitions import PlannedSubmission
from app.orders.enums import SUBMISSION_ENDS, ActionState, ActionSubmissionState
from app.orders.lifecycle import ACTION, SUBMISSION
from app.orders.models import OrderAction, OrderSubmission


@dataclass(frozen=True, slots=True)
class ActionSubmission:
    """One submission of an action."""

    action_id: UUID
    seq: int
    state: ActionSubmissionState
    attempts: int
    planned: PlannedSubmission


def start(action: OrderAction, now: datetime) -> None:
    ACTION.move(action, ActionState.RUNNING)
    action.started_at = action.started_at or now


async def open_submissions(
    session: AsyncSession, action_id: UUID
) -> list[ActionSubmission]:
    """Submissions without a result, in their order."""
    rows = await session.execute(
        select(OrderSubmission)
        .where(
            OrderSubmission.action_id == action_id,
            col(OrderSubmission.state).not_in(
                [str(state) for state in SUBMISSION_ENDS]
            ),
        )
        .order_by(col(OrderSubmission.seq))
    )
    return [
        ActionSubmission(
            row.action_id,
            row.seq,
            ActionSubmissionState(row.state),
            row.attempts,
            PlannedSubmission(
                tuple(row.line_ids), row.from_state, row.to_state, row.body
            ),
        )
        for row in rows.scalars()
    ]


async def line_states(session: AsyncSession, action_id: UUID) -> dict[int, int]:
    """Line states of the action's order, as last fetched."""
    rows = await session.execute(
        text(
            "SELECT l.marketplace_id, l.state FROM sales_order_line AS l "
            "JOIN order_action AS a ON a.order_id = l.order_id WHERE a.id = :id"
        ),
        {"id": action_id},
    )
    return {row.marketplace_id: row.state for row in rows}


async def mark(  # noqa: PLR0913 - the columns that change
    session: AsyncSession,
    submission: ActionSubmission,
    state: ActionSubmissionState,
    *,
    attempts: int | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
) -> None:
    """Change the state of a submission; `attempts` is given when it is sent."""
    row = await session.get_one(OrderSubmission, (submission.action_id, submission.seq))
    SUBMISSION.move(row, state)
    row.reason_code, row.reason = reason_code, reason
    if attempts is not None:
        row.attempts, row.sent_at = attempts, utc_now()
    if state in SUBMISSION_ENDS:
        row.settled_at = utc_now()
    await session.flush()


async def note_in_body(
    session: AsyncSession, submission: ActionSubmission, **values: object
) -> None:
    """Add values to the stored body of a submission."""
    row = await session.get_one(OrderSubmission, (submission.action_id, submission.seq))
    row.body = {**row.body, **values}
    await session.flush()


async def refuse_pending(
    session: AsyncSession, action_id: UUID, code: str, reason: str
) -> None:
    """Refuse the submissions that were not sent."""
    await session.execute(
        text(
            "UPDATE order_submission SET state = 'refused', reason_code = :code, "
            "reason = :reason, settled_at = now() WHERE action_id = :id "
            "AND state = 'pending'"
        ),
        {"id": action_id, "code": code, "reason": reason},
    )


async def end(session: AsyncSession, action_id: UUID) -> str:
    """End an action by its submissions; a refused one makes it `refused`."""
    action = await session.get_one(OrderAction, action_id)
    sent = (
        (
            await session.execute(
                select(OrderSubmission)
                .where(OrderSubmission.action_id == action_id)
                .order_by(col(OrderSubmission.seq))
            )
        )
        .scalars()
        .all()
    )
    refused = [each for each in sent if each.state == ActionSubmissionState.REFUSED]
    read_back = any(each.state == ActionSubmissionState.RECONCILED for each in sent)
    state = ActionState.RECONCILED if read_back else ActionState.DONE
    action.reason_code = action.reason = None
    if refused:
        state = ActionState.REFUSED
        action.reason_code, action.reason = refused[0].reason_code, refused[0].reason
    ACTION.move(action, state)
    action.finished_at = utc_now()
    await session.flush()
    return str(action.state)
