"""Executes an action on an order; each submission takes effect once.

A submission is marked `sending` before it is sent. If its result is unknown, the order
is read back before it is sent again.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

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
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp, TryAgain
from app.orders.actions import finish, submissions, verify
from app.orders.actions.finish import ActionRun
from app.orders.actions.recognition import recognize
from app.orders.actions.submissions import ActionSubmission, Reason
from app.orders.actions.transitions import (
    BILLED,
    IDENTIFIED,
    SHIPPED,
    OrderView,
    TransitionResult,
    reconcile,
)
from app.orders.enums import ENDS, ActionSubmissionState
from app.orders.lifecycle import ACTION
from app.orders.models import OrderAction, SalesOrder

RESULT_UNKNOWN = timedelta(minutes=5)
"""How often an order is read back while the token is refused."""
NOT_SHIPPED = Reason(
    "not_shipped", "The parcel was not accepted: its device numbers were not sent."
)
NOT_SHOWN = "effect_not_shown"
_NOT_SHOWN = "The order does not show the change yet; it is read again after a pause."


class OrderActionJob(AccountJob[ActionRun, OrderAction]):
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

    async def work(self, lease: Lease, loaded: ActionRun) -> Snooze | None:
        for submission in _free(await finish.open_submissions(loaded)):
            await _process(loaded, submission)
        left = _free(await finish.open_submissions(loaded))
        if not left:
            await finish.finish(loaded)
            return None
        pause = min(_pause_before(submission) for submission in left)
        if not pause:
            return Snooze(pause)
        not_shown = TryAgain(pause, NOT_SHOWN, _NOT_SHOWN, counts=False)
        return await self.wait(lease, loaded, not_shown)

    async def stop(
        self, lease: Lease, loaded: ActionRun, reason: GiveUp
    ) -> Snooze | None:
        """End the action, or read the order again later if a result is unknown."""
        if await finish.refuse_pending(loaded, reason):
            return None
        again = TryAgain(RESULT_UNKNOWN, reason.code, reason.message, counts=False)
        return await self.wait(lease, loaded, again)


def _free(left: Sequence[ActionSubmission]) -> list[ActionSubmission]:
    """Submissions that may go on: a request for the same lines has its result first.

    Lines that share a SKU have the same request, which moves all of them. Device
    numbers follow the shipment: they cannot be corrected.
    """
    ships = any(each.planned.to_state == SHIPPED for each in left)
    left = [e for e in left if not (ships and e.planned.to_state == IDENTIFIED)]
    first = {json.dumps(each.planned.body): each for each in reversed(left)}
    return [each for each in left if each in first.values()]


async def _process(run: ActionRun, submission: ActionSubmission) -> None:
    """Send one submission, or learn its result. Raises BackMarketError."""
    if submission.state is not ActionSubmissionState.PENDING:
        if not _pause_before(submission):
            await verify.read_back(run, submission)
        return
    if submission.planned.to_state == BILLED and not submission.attempts:
        await _note_last_invoice(run, submission)
    sending = await _mark_sending(run, submission)
    if sending is None:
        return
    failpoint("action.marked_sending")
    try:
        order = await _send(run, sending)
    except (RequestRefusedError, BackMarketNotFoundError) as error:
        uncertain = await verify.mark_uncertain(run, sending, error)
        await verify.read_back(run, uncertain)
        return
    except (AccountPausedError, BackMarketError) as error:
        await _after_send_error(run, sending, error)
        raise
    failpoint("action.posted")
    if sending.planned.to_state == BILLED or verify.shows(order, sending):
        await verify.record(run, sending, ActionSubmissionState.DONE, order)
    else:  # accepted without an effect: read the order back
        uncertain = await verify.mark_uncertain(run, sending, accepted=True)
        await verify.read_back(run, uncertain)
    failpoint("action.recorded")


def _pause_before(submission: ActionSubmission) -> timedelta:
    """How long until something can be done for a submission."""
    due = submission.readback_at
    if submission.state is not ActionSubmissionState.UNCERTAIN or due is None:
        return timedelta(0)
    return max(due - utc_now(), timedelta(0))


async def _note_last_invoice(run: ActionRun, submission: ActionSubmission) -> None:
    """Store the time of the last invoice, to see afterwards whether it changed."""
    order = await order_client.read_order(
        run.services.back_market, run.access, run.number
    )
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.note_in_body(
            tx.session, submission, billed_before=verify.view(order).billed_at
        )


async def _send(run: ActionRun, submission: ActionSubmission) -> Order | None:
    body = submission.planned.body
    if submission.planned.to_state == IDENTIFIED:
        (line,) = submission.planned.line_ids
        await order_client.register_device(
            run.services.back_market, run.access, line, body
        )
        return None
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


async def _mark_sending(
    run: ActionRun, submission: ActionSubmission
) -> ActionSubmission | None:
    """The submission, marked as `sending`; None: it is no longer needed.

    Lines of one order that share a SKU change state together: the first submission
    did the work of the second.
    """
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if submission.planned.to_state == IDENTIFIED and await submissions.not_shipped(
            tx.session, run.action_id
        ):
            refused = ActionSubmissionState.REFUSED
            await submissions.mark(tx.session, submission, refused, reason=NOT_SHIPPED)
            return None
        if await recognize(tx.session, submission):
            return None
        known = await submissions.line_states(tx.session, run.action_id)
        if (
            submission.seq
            and reconcile(submission.planned, OrderView(states=known))
            is TransitionResult.APPLIED
        ):
            await submissions.mark(tx.session, submission, ActionSubmissionState.DONE)
            return None
        return await submissions.note_attempt(tx.session, submission)


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
