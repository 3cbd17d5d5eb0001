"""Carries out an action on an order; every effect happens once.

Each call is marked `sending` before it is made. Whoever finds one whose answer is not
known reads the order back before anything is repeated.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from app.accounts import service as accounts
from app.accounts.account_client import AccountRestsError, Tools, open_access
from app.backmarket import order_client
from app.backmarket.errors import (
    BackMarketError,
    Effect,
    NotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
    UnavailableError,
)
from app.backmarket.wire.orders import Order
from app.core.failpoints import failpoint
from app.core.vault import SecretUnreadableError
from app.jobs.lease import Lease, Snooze
from app.orders.actions import finish, submissions
from app.orders.actions.finish import Run
from app.orders.actions.submissions import Call
from app.orders.actions.transitions import BILLED, OrderView, Seen, reconcile
from app.orders.enums import ENDS, ActionState, CallState, line_state
from app.orders.models import OrderAction, SalesOrder
from app.orders.sync.upsert import store_orders

log = structlog.get_logger(__name__)

WITHOUT_TOKEN = timedelta(minutes=5)
"""How often we try to look at an order while the token is refused."""
MAX_ATTEMPTS = 5
"""How often a call is made again that is answered well and has no effect."""
_NO_EFFECT = RequestRefusedError("Back Market takes it, but the order does not change.")


async def act(tools: Tools, lease: Lease) -> Snooze | None:
    """Do as much of an action as can be done now."""
    try:
        run = await _take_up(tools, lease)
    except SecretUnreadableError as error:
        await finish.fail(tools, lease, "secret_unreadable", str(error))
        return None
    if not isinstance(run, Run):
        return run
    failpoint("action.started")
    try:
        for call in await finish.open_calls(run):
            await _carry(run, call)
    except AccountRestsError as error:
        return await finish.wait(run, error.pause, "throttled", None)
    except BackMarketError as error:
        return await finish.after_error(run, error)
    if await finish.open_calls(run):  # a call that did not happen is made again at once
        return Snooze(timedelta(0))
    await finish.finish(run)
    return None


async def _take_up(tools: Tools, lease: Lease) -> Run | Snooze | None:
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        action = await tx.session.get(OrderAction, lease.subject_id)
        if action is None or ActionState(action.state) in ENDS:
            await lease.finish(tx.session)
            return None
        account = await accounts.get(tx.session, action.account_id)
        now = await accounts.database_now(tx.session)
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        order = await tx.session.get_one(SalesOrder, action.order_id)
        await submissions.begin(tx.session, action.id)
        return Run(
            tools=tools,
            lease=lease,
            action_id=action.id,
            account_id=account.id,
            number=order.marketplace_id,
            access=open_access(tools, lease, account),
            token_digest=account.token_digest,
        )


async def _carry(run: Run, call: Call) -> None:
    """Make one call, or find out what became of it. Raises BackMarketError."""
    if call.state is not CallState.PENDING:
        await _find_out(run, call)
        return
    if call.planned.to_state == BILLED:
        await _note_last_invoice(run, call)
    if not await _mark_sending(run, call):
        return
    failpoint("action.marked_sending")
    try:
        order = await _send(run, call)
    except (RequestRefusedError, NotFoundError) as error:
        await _find_out(run, call, error)
        return
    except (AccountRestsError, BackMarketError) as error:
        await _not_through(run, call, error)
        raise
    failpoint("action.posted")
    if call.planned.to_state == BILLED or _shows(order, call):
        await _settle(run, call, CallState.DONE, order)
    else:  # a success that does not show its effect is looked into
        await _note_uncertain(run, call)
        await _find_out(run, call, answered=True)
    failpoint("action.recorded")


async def _note_last_invoice(run: Run, call: Call) -> None:
    """What the order says before the call, to know afterwards whether it arrived."""
    order = await order_client.read_order(run.tools.back_market, run.access, run.number)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.note_in_body(
            tx.session, call, billed_before=_view(order).billed_at
        )


async def _send(run: Run, call: Call) -> Order | None:
    body = call.planned.body
    if call.planned.to_state != BILLED:
        return await order_client.move_lines(
            run.tools.back_market, run.access, run.number, body
        )
    path = run.tools.storage.path(str(body["storage_key"]))
    pdf = await asyncio.to_thread(path.read_bytes)
    await order_client.give_invoice(run.tools.back_market, run.access, run.number, pdf)
    return None


def _view(order: Order) -> OrderView:
    billed_at = order.rest.get("date_bill_provided")
    return OrderView(
        {line.id: line.state for line in order.lines},
        order.tracking_number,
        str(billed_at) if billed_at else None,
    )


def _shows(order: Order | None, call: Call) -> bool:
    if order is None:
        return False
    return reconcile(call.planned, _view(order)) is Seen.HAPPENED


async def _note_uncertain(run: Run, call: Call) -> None:
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.mark(tx.session, call, CallState.UNCERTAIN)


async def _mark_sending(run: Run, call: Call) -> bool:
    """Write that the call is about to be made; False when it is not needed any more.

    Lines of one order that share a SKU move together: the second call has happened.
    """
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        known = await submissions.line_states(tx.session, run.action_id)
        if call.seq and reconcile(call.planned, OrderView(known)) is Seen.HAPPENED:
            await submissions.mark(tx.session, call, CallState.DONE)
            return False
        await submissions.mark(
            tx.session, call, CallState.SENDING, attempts=call.attempts + 1
        )
    return True


async def _find_out(
    run: Run,
    call: Call,
    refusal: BackMarketError | None = None,
    *,
    answered: bool = False,
) -> None:
    """Read the order back: it happened, or it is to be done, or it cannot be done.

    A refusal may be the answer to a repeat of what was done before. `answered`: Back
    Market said yes, which is believed only so many times without an effect.
    """
    if refusal:
        await _note_uncertain(run, call)
    try:
        order = await order_client.read_order(
            run.tools.back_market, run.access, run.number
        )
    except NotFoundError as error:
        await _settle(run, call, CallState.REFUSED, None, refusal or error)
        return
    failpoint("action.read_back")
    view = _view(order)
    seen = reconcile(call.planned, view)
    log.info("action.read_back", seen=seen.name.lower(), refused=bool(refusal))
    if seen is Seen.HAPPENED:
        await _settle(run, call, CallState.RECONCILED, order)
    elif refusal:
        await _settle(run, call, CallState.REFUSED, order, refusal)
    elif seen is Seen.OVERTAKEN:
        why = _overtaken(call, view.states)
        await _settle(run, call, CallState.REFUSED, order, why)
    elif answered and call.attempts >= MAX_ATTEMPTS:
        await _settle(run, call, CallState.REFUSED, order, _NO_EFFECT)
    else:
        await _settle(run, call, CallState.PENDING, order)


def _overtaken(call: Call, states: Mapping[int, int]) -> RequestRefusedError:
    now = {line_state(states.get(number, -1)) for number in call.planned.line_ids}
    return RequestRefusedError(
        f"The order changed meanwhile: its line is {', '.join(sorted(now))} now."
    )


async def _not_through(
    run: Run, call: Call, error: AccountRestsError | BackMarketError
) -> None:
    """Take the call back if it surely was not made, else find out later."""
    unknown = (
        isinstance(error, UnavailableError | NotUnderstoodError)
        and error.effect is Effect.UNKNOWN
    )
    state = CallState.UNCERTAIN if unknown else CallState.PENDING
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.mark(tx.session, call, state)


async def _settle(
    run: Run,
    call: Call,
    state: CallState,
    order: Order | None,
    why: BackMarketError | None = None,
) -> None:
    """Write how a call stands together with the order that shows it."""
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if order and order.id == run.number:
            await store_orders(tx.session, run.account_id, [order])
        await submissions.mark(
            tx.session,
            call,
            state,
            reason_code=why.code if why else None,
            reason=why.message if why else None,
        )
