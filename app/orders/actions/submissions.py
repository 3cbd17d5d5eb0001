"""Reads and writes the rows of actions and their submissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.columns import utc_now
from app.orders.actions.transitions import SHIPPED, PlannedSubmission
from app.orders.enums import SUBMISSION_ENDS, ActionState, ActionSubmissionState
from app.orders.lifecycle import ACTION, SUBMISSION
from app.orders.models import OrderAction, OrderSubmission

_WITHOUT_EFFECT: Mapping[str, ActionState] = {
    ActionSubmissionState.REFUSED: ActionState.REFUSED,
    ActionSubmissionState.FAILED: ActionState.FAILED,
}


class Reason(NamedTuple):
    """Why a submission has no effect: a stable code, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionSubmission:
    """One submission of an action.

    `accepted`: an attempt was answered with a success. `refusal` is the answer to the
    last attempt. `readbacks` counts since the last attempt; the next one is due at
    `readback_at`.
    """

    action_id: UUID
    seq: int
    state: ActionSubmissionState
    attempts: int
    planned: PlannedSubmission
    accepted: bool = False
    refusal: Reason | None = None
    readbacks: int = 0
    readback_at: datetime | None = None


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
    return [_submission(row) for row in rows.scalars()]


def _submission(row: OrderSubmission) -> ActionSubmission:
    refused = row.reason_code is not None
    return ActionSubmission(
        row.action_id,
        row.seq,
        ActionSubmissionState(row.state),
        row.attempts,
        PlannedSubmission(tuple(row.line_ids), row.from_state, row.to_state, row.body),
        accepted=row.accepted_at is not None,
        refusal=Reason(row.reason_code or "", row.reason or "") if refused else None,
        readbacks=row.readbacks,
        readback_at=row.readback_at,
    )


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


async def not_shipped(session: AsyncSession, action_id: UUID) -> bool:
    """Whether the shipment of an action had no effect."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM order_submission WHERE action_id = :id "
            "AND to_state = :shipped AND state IN ('refused', 'failed'))"
        ),
        {"id": action_id, "shipped": SHIPPED},
    )
    return bool(found)


async def mark(
    session: AsyncSession,
    submission: ActionSubmission,
    state: ActionSubmissionState,
    *,
    reason: Reason | None = None,
) -> None:
    """Change the state of a submission."""
    row = await _row(session, submission)
    SUBMISSION.move(row, state)
    row.reason_code, row.reason = reason or (None, None)
    if state in SUBMISSION_ENDS:
        row.settled_at, row.readback_at = utc_now(), None
    await session.flush()


async def note_attempt(
    session: AsyncSession, submission: ActionSubmission
) -> ActionSubmission:
    """Mark a submission that is about to be sent."""
    row = await _row(session, submission)
    SUBMISSION.move(row, ActionSubmissionState.SENDING)
    row.attempts, row.sent_at = row.attempts + 1, utc_now()
    row.readbacks, row.readback_at = 0, None
    row.reason_code = row.reason = None
    await session.flush()
    return _submission(row)


async def note_answer(
    session: AsyncSession,
    submission: ActionSubmission,
    refusal: Reason | None,
    *,
    accepted: bool,
) -> ActionSubmission:
    """Mark a submission whose answer does not show its effect."""
    row = await _row(session, submission)
    SUBMISSION.move(row, ActionSubmissionState.UNCERTAIN)
    row.reason_code, row.reason = refusal or (None, None)
    if accepted:
        row.accepted_at = row.accepted_at or utc_now()
    await session.flush()
    return _submission(row)


async def schedule_readback(
    session: AsyncSession, submission: ActionSubmission, due: datetime
) -> None:
    """Count a read-back without a result; the next one is due then."""
    row = await _row(session, submission)
    SUBMISSION.move(row, ActionSubmissionState.UNCERTAIN)
    row.readbacks, row.readback_at = row.readbacks + 1, due
    await session.flush()


async def note_in_body(
    session: AsyncSession, submission: ActionSubmission, **values: object
) -> None:
    """Add values to the stored body of a submission."""
    row = await _row(session, submission)
    row.body = {**row.body, **values}
    await session.flush()


async def _row(session: AsyncSession, submission: ActionSubmission) -> OrderSubmission:
    return await session.get_one(
        OrderSubmission, (submission.action_id, submission.seq)
    )


async def refuse_pending(
    session: AsyncSession, action_id: UUID, code: str, reason: str | None
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
    """End an action by its submissions: one that is refused or failed decides."""
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
    refused = [each for each in sent if each.state in _WITHOUT_EFFECT]
    read_back = any(each.state == ActionSubmissionState.RECONCILED for each in sent)
    state = ActionState.RECONCILED if read_back else ActionState.DONE
    action.reason_code = action.reason = None
    if refused:
        state = _WITHOUT_EFFECT[refused[0].state]
        action.reason_code, action.reason = refused[0].reason_code, refused[0].reason
    ACTION.move(action, state)
    action.finished_at = utc_now()
    await session.flush()
    return str(action.state)
