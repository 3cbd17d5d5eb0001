"""Executes an action on an order; each submission takes effect once.

A submission is marked `sending` before it is sent. If its result is unknown, the order
is read back before it is sent again.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from app.accounts import service as accounts
from app.accounts.account_client import AccountPausedError, open_access
from app.accounts.account_job import AccountJob
from app.backmarket import order_client
from app.backmarket.errors import (
    BackMarketError,
    BackMarketNotFoundError,
    BackMarketUnavailableError,
    Effect,
    NotUnderstoodError,
    RequestRefusedError,
)
from app.backmarket.wire.orders import Order
from app.core.failpoints import failpoint
from app.jobs.lease import Lease, Snooze
from app.orders.actions import finish, submissions
from app.orders.actions.finish import ActionRun
from app.orders.actions.submissions import ActionSubmission
from app.orders.actions.transitions import (
    BILLED,
    OrderView,
    TransitionResult,
    reconcile,
)
from app.orders.enums import ENDS, ActionSubmissionState, line_state
from app.orders.lifecycle import ACTION
from app.orders.models import OrderAction, SalesOrder
from app.orders.sync.upsert import store_orders

log = structlog.get_logger(__name__)

RESULT_UNKNOWN = timedelta(minutes=5)
"""How often an order is read back while the token is refused."""
MAX_ATTEMPTS = 5
"""How often a submission that was accepted without an effect is sent."""
_NO_EFFECT = RequestRefusedError(
    "Back Market accepts the request, but the order does not change."
)


class OrderActionJob(AccountJob[ActionRun]):
    """Does as much of an action as can be done now."""

    name = "action"
    lifecycle = ACTION
    row_type = OrderAction

    async def load(self, lease: Lease) -> ActionRun | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            action = await tx.session.get(OrderAction, lease.subject_id)
            if action is None or action.state in ENDS:
                await lease.finish(tx.session)
                return None
            account = await accounts.get(tx.session, action.account_id)
            now = await accounts.database_now(tx.session)
            if account.paused_until and account.paused_until > now:
                return Snooze(account.paused_until - now)
            order = await tx.session.get_one(SalesOrder, action.order_id)
            submissions.start(action, now)
            return ActionRun(
                services=self.services,
                lease=lease,
                action_id=action.id,
                account_id=account.id,
                number=order.marketplace_id,
                access=open_access(self.services, lease, account),
                token_digest=account.token_digest,
            )

    async def work(self, loaded: ActionRun) -> Snooze | None:
        for submission in await finish.open_submissions(loaded):
            await _process(loaded, submission)
        if await finish.open_submissions(loaded):  # one had no effect: send it again
            return Snooze(timedelta(0))
        await finish.finish(loaded)
        return None

    async def stop(self, run: ActionRun, error: BackMarketError) -> Snooze | None:
        """End the action, or read the order again later if a result is unknown."""
        if await finish.refuse_pending(run, error):
            return None
        return await self.wait(run, RESULT_UNKNOWN, error.code, error.message)


async def _process(run: ActionRun, submission: ActionSubmission) -> None:
    """Send one submission, or learn its result. Raises BackMarketError."""
    if submission.state is not ActionSubmissionState.PENDING:
        await _read_back(run, submission)
        return
    if submission.planned.to_state == BILLED:
        await _note_last_invoice(run, submission)
    if not await _mark_sending(run, submission):
        return
    failpoint("action.marked_sending")
    try:
        order = await _send(run, submission)
    except (RequestRefusedError, BackMarketNotFoundError) as error:
        await _read_back(run, submission, error)
        return
    except (AccountPausedError, BackMarketError) as error:
        await _after_send_error(run, submission, error)
        raise
    failpoint("action.posted")
    if submission.planned.to_state == BILLED or _is_effective(order, submission):
        await _record_result(run, submission, ActionSubmissionState.DONE, order)
    else:  # accepted without an effect: read the order back
        await _mark_uncertain(run, submission)
        await _read_back(run, submission, answered=True)
    failpoint("action.recorded")


async def _note_last_invoice(run: ActionRun, submission: ActionSubmission) -> None:
    """Store the time of the last invoice, to see afterwards whether it changed."""
    order = await order_client.read_order(
        run.services.back_market, run.access, run.number
    )
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.note_in_body(
            tx.session, submission, billed_before=_view(order).billed_at
        )


async def _send(run: ActionRun, submission: ActionSubmission) -> Order | None:
    body = submission.planned.body
    if submission.planned.to_state != BILLED:
        return await order_client.move_lines(
            run.services.back_market, run.access, run.number, body
        )
    path = run.services.storage.path(str(body["storage_key"]))
    pdf = await asyncio.to_thread(path.read_bytes)
    await order_client.give_invoice(
        run.services.back_market, run.access, run.number, pdf
    )
    return None


def _view(order: Order) -> OrderView:
    billed_at = order.other_fields.get("date_bill_provided")
    return OrderView(
        {line.id: line.state for line in order.lines},
        order.tracking_number,
        str(billed_at) if billed_at else None,
    )


def _is_effective(order: Order | None, submission: ActionSubmission) -> bool:
    if order is None:
        return False
    return reconcile(submission.planned, _view(order)) is TransitionResult.APPLIED


async def _mark_uncertain(run: ActionRun, submission: ActionSubmission) -> None:
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.mark(tx.session, submission, ActionSubmissionState.UNCERTAIN)


async def _mark_sending(run: ActionRun, submission: ActionSubmission) -> bool:
    """Mark a submission as `sending`; False: it is no longer needed.

    Lines of one order that share a SKU change state together: the first submission
    did the work of the second.
    """
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        known = await submissions.line_states(tx.session, run.action_id)
        if (
            submission.seq
            and reconcile(submission.planned, OrderView(known))
            is TransitionResult.APPLIED
        ):
            await submissions.mark(tx.session, submission, ActionSubmissionState.DONE)
            return False
        await submissions.mark(
            tx.session,
            submission,
            ActionSubmissionState.SENDING,
            attempts=submission.attempts + 1,
        )
    return True


async def _read_back(
    run: ActionRun,
    submission: ActionSubmission,
    refusal: BackMarketError | None = None,
    *,
    answered: bool = False,
) -> None:
    """Read the order back to learn the result of a submission.

    Back Market may refuse a repeat of a submission that took effect before.
    `answered`: it accepted the submission, but its answer shows no effect.
    """
    if refusal:
        await _mark_uncertain(run, submission)
    try:
        order = await order_client.read_order(
            run.services.back_market, run.access, run.number
        )
    except BackMarketNotFoundError as error:
        refused = ActionSubmissionState.REFUSED
        await _record_result(run, submission, refused, None, refusal or error)
        return
    failpoint("action.read_back")
    state, reason = _seen(submission, _view(order), refusal, answered=answered)
    await _record_result(run, submission, state, order, reason)


def _seen(
    submission: ActionSubmission,
    view: OrderView,
    refusal: BackMarketError | None,
    *,
    answered: bool,
) -> tuple[ActionSubmissionState, BackMarketError | None]:
    """The result that an order shows, and why, where it was refused."""
    effect = reconcile(submission.planned, view)
    log.info("action.read_back", effect=effect.name.lower(), refused=bool(refusal))
    if effect is TransitionResult.APPLIED:
        return ActionSubmissionState.RECONCILED, None
    if refusal:
        return ActionSubmissionState.REFUSED, refusal
    if effect is TransitionResult.CONFLICT:
        return ActionSubmissionState.REFUSED, _conflict(submission, view.states)
    if answered and submission.attempts >= MAX_ATTEMPTS:
        return ActionSubmissionState.REFUSED, _NO_EFFECT
    return ActionSubmissionState.PENDING, None


def _conflict(
    submission: ActionSubmission, states: Mapping[int, int]
) -> RequestRefusedError:
    now = {line_state(states.get(number, -1)) for number in submission.planned.line_ids}
    return RequestRefusedError(
        f"The order changed meanwhile: its line is {', '.join(sorted(now))} now."
    )


async def _after_send_error(
    run: ActionRun,
    submission: ActionSubmission,
    error: AccountPausedError | BackMarketError,
) -> None:
    """Make a submission that was certainly not sent `pending` again."""
    unknown = (
        isinstance(error, BackMarketUnavailableError | NotUnderstoodError)
        and error.effect is Effect.UNKNOWN
    )
    state = (
        ActionSubmissionState.UNCERTAIN if unknown else ActionSubmissionState.PENDING
    )
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.mark(tx.session, submission, state)


async def _record_result(
    run: ActionRun,
    submission: ActionSubmission,
    state: ActionSubmissionState,
    order: Order | None,
    reason: BackMarketError | None = None,
) -> None:
    """Store the result of a submission and the order that shows it."""
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if order and order.id == run.number:
            await store_orders(tx.session, run.account_id, [order])
        await submissions.mark(
            tx.session,
            submission,
            state,
            reason_code=reason.code if reason else None,
            reason=reason.message if reason else None,
        )
