"""The rows of actions and their calls: what is open, how it stands, how it ended."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.columns import utc_now
from app.orders.actions.transitions import PlannedCall
from app.orders.enums import ENDS, ActionState, CallState
from app.orders.models import OrderAction, OrderCall

_SETTLED = (CallState.DONE, CallState.RECONCILED, CallState.REFUSED)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action as it stands."""

    action_id: UUID
    seq: int
    state: CallState
    attempts: int
    planned: PlannedCall


async def begin(session: AsyncSession, action_id: UUID) -> None:
    await session.execute(
        text(
            "UPDATE order_action SET state = 'running', "
            "started_at = coalesce(started_at, now()) WHERE id = :id"
        ),
        {"id": action_id},
    )


async def open_calls(session: AsyncSession, action_id: UUID) -> list[Call]:
    """Calls that are not settled, in their order."""
    rows = await session.execute(
        select(OrderCall)
        .where(
            OrderCall.action_id == action_id,
            col(OrderCall.state).not_in([str(state) for state in _SETTLED]),
        )
        .order_by(col(OrderCall.seq))
    )
    return [
        Call(
            row.action_id,
            row.seq,
            CallState(row.state),
            row.attempts,
            PlannedCall(tuple(row.line_ids), row.from_state, row.to_state, row.body),
        )
        for row in rows.scalars()
    ]


async def line_states(session: AsyncSession, action_id: UUID) -> dict[int, int]:
    """Line states of the action's order, as we last saw them."""
    rows = await session.execute(
        text(
            "SELECT l.marketplace_id, l.state FROM sales_order_line AS l "
            "JOIN order_action AS a ON a.order_id = l.order_id WHERE a.id = :id"
        ),
        {"id": action_id},
    )
    return {row.marketplace_id: row.state for row in rows}


async def mark(  # noqa: PLR0913 - the columns of a call that change
    session: AsyncSession,
    call: Call,
    state: CallState,
    *,
    attempts: int | None = None,
    reason_code: str | None = None,
    reason: str | None = None,
) -> None:
    """Move a call on; `attempts` is given when it is about to be made."""
    row = await session.get_one(OrderCall, (call.action_id, call.seq))
    row.state = state
    row.reason_code, row.reason = reason_code, reason
    if attempts is not None:
        row.attempts, row.sent_at = attempts, utc_now()
    if state in _SETTLED:
        row.settled_at = utc_now()
    await session.flush()


async def note_in_body(session: AsyncSession, call: Call, **values: object) -> None:
    """Keep with a call what must be known once it was made."""
    row = await session.get_one(OrderCall, (call.action_id, call.seq))
    row.body = {**row.body, **values}
    await session.flush()


async def wait(
    session: AsyncSession, action_id: UUID, code: str, reason: str | None
) -> None:
    """Say why the action waits."""
    action = await session.get_one(OrderAction, action_id)
    action.state = ActionState.WAITING
    action.reason_code, action.reason = code, reason


async def count_failure(session: AsyncSession, action_id: UUID) -> int:
    """How many calls in a row have failed, with this one."""
    action = await session.get_one(OrderAction, action_id)
    action.failures += 1
    return action.failures


async def refuse_rest(
    session: AsyncSession, action_id: UUID, code: str, reason: str
) -> None:
    """Calls that were surely not made will not be made."""
    await session.execute(
        text(
            "UPDATE order_call SET state = 'refused', reason_code = :code, "
            "reason = :reason, settled_at = now() WHERE action_id = :id "
            "AND state = 'pending'"
        ),
        {"id": action_id, "code": code, "reason": reason},
    )


async def end(session: AsyncSession, action_id: UUID) -> str:
    """Close an action whose calls are settled: the worst of them names its end."""
    action = await session.get_one(OrderAction, action_id)
    calls = (
        (
            await session.execute(
                select(OrderCall)
                .where(OrderCall.action_id == action_id)
                .order_by(col(OrderCall.seq))
            )
        )
        .scalars()
        .all()
    )
    refused = [call for call in calls if call.state == CallState.REFUSED]
    lost = any(call.state == CallState.RECONCILED for call in calls)
    action.state = ActionState.RECONCILED if lost else ActionState.DONE
    action.reason_code = action.reason = None
    if refused:
        action.state = ActionState.REFUSED
        action.reason_code, action.reason = refused[0].reason_code, refused[0].reason
    action.finished_at = utc_now()
    await session.flush()
    return str(action.state)


async def fail(
    session: AsyncSession, action_id: UUID, code: str, reason: str | None
) -> None:
    """Close an action that cannot go on; its calls say how far it came."""
    action = await session.get(OrderAction, action_id)
    if action and ActionState(action.state) not in ENDS:
        action.state = ActionState.FAILED
        action.reason_code, action.reason = code, reason
        action.finished_at = utc_now()
