"""Reads an order back to learn the result of a submission, and records it."""

from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket import order_client
from app.backmarket.errors import (
    BackMarketError,
    BackMarketNotFoundError,
    RequestRefusedError,
)
from app.backmarket.wire.orders import Order
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.orders.actions import submissions
from app.orders.actions.finish import ActionRun
from app.orders.actions.next_step import Attempted, NextStep, next_step
from app.orders.actions.submissions import ActionSubmission, Reason
from app.orders.actions.transitions import (
    IDENTIFIED,
    OrderView,
    TransitionResult,
    reconcile,
)
from app.orders.enums import ActionSubmissionState, line_state
from app.orders.sync.upsert import store_orders

log = structlog.get_logger(__name__)

NO_EFFECT = Reason(
    "no_effect", "Back Market accepted the request, but the order never showed it."
)
NO_ANSWER = Reason(
    "no_answer", "Back Market did not answer, and the order never showed the request."
)
ANOTHER_DEVICE = Reason(
    "device_already_set",
    "The line has another IMEI or serial number; Back Market keeps the first one.",
)
_STATES = {
    NextStep.RECONCILED: ActionSubmissionState.RECONCILED,
    NextStep.REFUSED: ActionSubmissionState.REFUSED,
    NextStep.FAILED: ActionSubmissionState.FAILED,
    NextStep.READ_BACK: ActionSubmissionState.UNCERTAIN,
    NextStep.REPEAT: ActionSubmissionState.PENDING,
}


def view(order: Order) -> OrderView:
    billed_at = order.other_fields.get("date_bill_provided")
    return OrderView(
        states={line.id: line.state for line in order.lines},
        devices={
            line.id: {"imei": line.imei, "serial_number": line.serial_number}
            for line in order.lines
        },
        tracking_number=order.tracking_number,
        billed_at=str(billed_at) if billed_at else None,
    )


def shows(order: Order | None, submission: ActionSubmission) -> bool:
    """Whether an order shows the effect of a submission."""
    if order is None:
        return False
    return reconcile(submission.planned, view(order)) is TransitionResult.APPLIED


async def mark_uncertain(
    run: ActionRun,
    submission: ActionSubmission,
    refusal: BackMarketError | None = None,
    *,
    accepted: bool = False,
) -> ActionSubmission:
    """The last attempt was accepted, refused or not answered: the order decides."""
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        return await submissions.note_answer(
            tx.session, submission, _reason(refusal), accepted=accepted
        )


async def read_back(run: ActionRun, submission: ActionSubmission) -> None:
    """Read the order and record the result, or when to read it again.

    Raises BackMarketError.
    """
    try:
        order = await order_client.read_order(
            run.services.back_market, run.access, run.number
        )
    except BackMarketNotFoundError as error:
        reason = submission.refusal or _reason(error)
        await record(run, submission, ActionSubmissionState.REFUSED, reason=reason)
        return
    failpoint("action.read_back")
    shown = reconcile(submission.planned, view(order))
    attempted = Attempted(
        submission.attempts,
        submission.readbacks + 1,
        accepted=submission.accepted,
        refused=submission.refusal is not None,
    )
    step = next_step(shown, attempted)
    log.info(
        "action.read_back",
        shown=shown.name.lower(),
        next_step=step.name.lower(),
        attempts=attempted.attempts,
        readbacks=attempted.readbacks,
    )
    if step is NextStep.READ_BACK:
        pause = attempted.backoff.pause(attempted.readbacks)
        await _read_again(run, submission, order, pause)
        return
    reason = _reason_of(step, submission, shown, view(order).states)
    confirmed = step is NextStep.RECONCILED and attempted.accepted
    by_answer = confirmed and not attempted.refused
    state = ActionSubmissionState.DONE if by_answer else _STATES[step]
    await record(run, submission, state, order, reason)


def _reason_of(
    step: NextStep,
    submission: ActionSubmission,
    shown: TransitionResult,
    states: Mapping[int, int],
) -> Reason | None:
    if step is NextStep.FAILED:
        return NO_EFFECT if submission.accepted else NO_ANSWER
    if step is not NextStep.REFUSED:
        return None
    if submission.planned.to_state == IDENTIFIED and shown is TransitionResult.CONFLICT:
        return ANOTHER_DEVICE
    if submission.refusal:
        return submission.refusal
    now = {line_state(states.get(number, -1)) for number in submission.planned.line_ids}
    return Reason(
        RequestRefusedError.code,
        f"The order changed meanwhile: its line is {', '.join(sorted(now))} now.",
    )


def _reason(error: BackMarketError | None) -> Reason | None:
    return Reason(error.code, error.message) if error else None


async def _read_again(
    run: ActionRun, submission: ActionSubmission, order: Order, pause: timedelta
) -> None:
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await _store(run, tx.session, order)
        await submissions.schedule_readback(tx.session, submission, utc_now() + pause)


async def record(
    run: ActionRun,
    submission: ActionSubmission,
    state: ActionSubmissionState,
    order: Order | None = None,
    reason: Reason | None = None,
) -> None:
    """Store the result of a submission and the order that shows it."""
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await _store(run, tx.session, order)
        await submissions.mark(tx.session, submission, state, reason=reason)


async def _store(run: ActionRun, session: AsyncSession, order: Order | None) -> None:
    if order and order.id == run.number:
        await store_orders(session, run.services.vault, run.account_id, [order])
