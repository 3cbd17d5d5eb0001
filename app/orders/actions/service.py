"""Validates and stores a requested action on an order; a worker executes it."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.service import Caller
from app.core.errors import ConflictError, FieldError, InvalidError
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.orders.actions.transitions import (
    SHIPPED,
    LineView,
    PlannedSubmission,
    allowed,
    allows_device_number,
    also_moved,
    submissions_for,
)
from app.orders.enums import ENDS, Action, line_state
from app.orders.models import (
    OPEN_ACTION,
    OrderAction,
    OrderSubmission,
    SalesOrder,
    SalesOrderLine,
)

_DEVICE = ("imei", "serial_number")
_DEVICE_PROBLEMS = {
    "unknown_line": "The parcel has no such line.",
    "device_twice": "A line has one device.",
    "device_not_single": "Back Market takes numbers only for a line with quantity 1.",
}
_AUDITED = ("shipper", "tracking_number", "tracking_url", "return_reason")
_RETURN = ("return_reason", "return_message")


async def request_action(  # noqa: PLR0913, PLR0917 - who asks for what
    tx: Transaction,
    caller: Caller,
    order: SalesOrder,
    action: Action,
    line_ids: Sequence[int] | None,
    fields: Mapping[str, object],
) -> OrderAction:
    """The stored action; an open action with the same content is returned instead.

    The caller has locked the order. Raises ConflictError when Back Market does not
    allow the action or another one is open for these lines, InvalidError for lines or
    fields that do not fit the order.
    """
    lines = [_view(line) for line in await lines_of(tx.session, order.id)]
    chosen = _choose(action, lines, line_ids)
    _check_fields(action, lines, chosen, fields)
    fingerprint = _fingerprint(action, chosen, fields)
    for other in await open_actions(tx.session, order.id):
        if other.fingerprint == fingerprint:
            return other
        _refuse_overlap(other, chosen)
    fresh = OrderAction(
        order_id=order.id,
        account_id=order.account_id,
        action=action,
        line_ids=[line.id for line in chosen],
        fields=dict(fields),
        fingerprint=fingerprint,
    )
    tx.session.add(fresh)
    await tx.session.flush()
    planned = submissions_for(action, order.marketplace_id, chosen, fields)
    await enqueue_action(tx, fresh, planned)
    await record_action(tx, caller, order, fresh)
    return fresh


async def record_action(
    tx: Transaction, caller: Caller, order: SalesOrder, action: OrderAction
) -> None:
    """Audit a new action: without device numbers, and without texts to the buyer."""
    fields = {k: v for k, v in action.fields.items() if k in _AUDITED}
    await audit.record(
        tx.session,
        caller,
        AuditAction.ORDER_ACTION_REQUESTED,
        Subject(order.id, account_id=order.account_id),
        after={"action": action.action, "lines": action.line_ids, **fields},
    )


async def enqueue_action(
    tx: Transaction, action: OrderAction, planned: Sequence[PlannedSubmission]
) -> None:
    """Store the submissions of a new action, and its job."""
    tx.session.add_all(
        OrderSubmission(
            action_id=action.id,
            seq=seq,
            line_ids=list(each.line_ids),
            from_state=each.from_state,
            to_state=each.to_state,
            body=dict(each.body),
        )
        for seq, each in enumerate(planned)
    )
    await tx.session.flush()
    await tx.enqueue(JobKind.ORDER_ACTION, action.id, action.account_id)


async def lines_of(session: AsyncSession, order_id: UUID) -> Sequence[SalesOrderLine]:
    found = await session.execute(
        select(SalesOrderLine)
        .where(SalesOrderLine.order_id == order_id)
        .order_by(col(SalesOrderLine.position))
    )
    return found.scalars().all()


async def open_actions(session: AsyncSession, order_id: UUID) -> Sequence[OrderAction]:
    found = await session.execute(
        select(OrderAction)
        .where(
            OrderAction.order_id == order_id,
            col(OrderAction.state).not_in([str(end) for end in ENDS]),
        )
        .order_by(col(OrderAction.id))
    )
    return found.scalars().all()


async def job_subjects(session: AsyncSession, account_id: UUID) -> list[UUID]:
    """Ids of the account's actions that have not ended."""
    found = await session.execute(
        select(OrderAction.id).where(
            OrderAction.account_id == account_id, text(OPEN_ACTION)
        )
    )
    return list(found.scalars())


def _view(line: SalesOrderLine) -> LineView:
    return LineView(line.marketplace_id, line.state, line.sku, line.quantity)


def _choose(
    action: Action, lines: Sequence[LineView], requested: Sequence[int] | None
) -> list[LineView]:
    """The lines of the action, in the order of the order's lines."""
    possible = allowed(lines)
    possible_ids = possible.get(action, ())
    ids = {line.id for line in lines}
    unknown = sorted(set(requested or ()) - ids)
    if unknown:
        message = f"The order has no line {unknown[0]}."
        accepted = ", ".join(str(number) for number in sorted(ids))
        raise InvalidError(
            message,
            code="unknown_line",
            errors=[FieldError("lines", "unknown_line", message, accepted)],
        )
    chosen = [line for line in lines if line.id in (requested or possible_ids)]
    if not chosen or any(line.id not in possible_ids for line in chosen):
        raise _not_allowed(action, lines, possible)
    if action is Action.SHIP:
        missing = tuple(
            number
            for number in possible_ids
            if number not in (requested or possible_ids)
        )
        message = "A parcel holds every accepted line of the order."
    else:
        missing = also_moved(lines, chosen)
        message = "Back Market moves lines by SKU, and these lines share one."
    if missing:
        accepted = ", ".join(str(n) for n in (*(line.id for line in chosen), *missing))
        raise InvalidError(
            message,
            code="lines_go_together",
            errors=[FieldError("lines", "lines_go_together", message, accepted)],
        )
    return chosen


def _not_allowed(
    action: Action,
    lines: Sequence[LineView],
    possible: Mapping[Action, tuple[int, ...]],
) -> ConflictError:
    named = ", ".join(possible) or "none"
    states = ", ".join(f"{line.id} is {line_state(line.state)}" for line in lines)
    message = f"Back Market does not allow `{action}` here: line {states or 'none'}."
    return ConflictError(
        message,
        code="action_not_allowed",
        errors=[FieldError("action", "action_not_allowed", message, named)],
        allowed_actions=[
            {"action": str(each), "lines": list(ids)} for each, ids in possible.items()
        ],
    )


def _check_fields(
    action: Action,
    lines: Sequence[LineView],
    chosen: Sequence[LineView],
    fields: Mapping[str, object],
) -> None:
    """Check the fields that depend on the order: device numbers and return reason."""
    if action is Action.SHIP:
        _check_devices(chosen, fields)
    if action is Action.SHIP and not allows_device_number(lines):
        _forbid(
            fields,
            _DEVICE,
            "device_not_single",
            "It is for an order of one line with quantity 1; others use `devices`.",
        )
    if action is Action.REFUND:
        _check_return(chosen, fields)


def _check_devices(chosen: Sequence[LineView], fields: Mapping[str, object]) -> None:
    """Each device belongs to another shipped line, and that has one piece."""
    devices = fields.get("devices")
    if not isinstance(devices, list):
        return
    _forbid(fields, _DEVICE, "device_twice", "`devices` has the numbers already.")
    pieces = {line.id: line.quantity for line in chosen}
    single = ", ".join(str(number) for number, n in pieces.items() if n == 1)
    named: set[int] = set()
    for index, device in enumerate(devices):
        code = _device_problem(device["line"], pieces, named)
        if code:
            message = _DEVICE_PROBLEMS[code]
            place = f"devices.{index}.line"
            error = FieldError(place, code, message, single or "no line")
            raise InvalidError(message, code=code, errors=[error])
        named.add(device["line"])


def _device_problem(
    line: int, pieces: Mapping[int, int], named: Collection[int]
) -> str | None:
    if line not in pieces:
        return "unknown_line"
    if line in named:
        return "device_twice"
    return None if pieces[line] == 1 else "device_not_single"


def _check_return(chosen: Sequence[LineView], fields: Mapping[str, object]) -> None:
    if not any(line.state == SHIPPED for line in chosen):
        _forbid(
            fields,
            _RETURN,
            "not_shipped",
            "None of these lines was shipped: there is no return.",
        )
    elif "return_reason" not in fields:
        message = "A line that was shipped is refunded with a reason."
        accepted = "a code that `allowed_actions` of the order lists"
        raise InvalidError(
            message,
            code="return_reason_missing",
            errors=[FieldError("return_reason", "missing", message, accepted)],
        )


def _forbid(
    fields: Mapping[str, object], names: Sequence[str], code: str, message: str
) -> None:
    given = [name for name in names if name in fields]
    if given:
        raise InvalidError(
            message,
            code=code,
            errors=[FieldError(name, code, message, "no value") for name in given],
        )


def _fingerprint(
    action: Action, chosen: Sequence[LineView], fields: Mapping[str, object]
) -> str:
    content = [str(action), sorted(line.id for line in chosen), dict(fields)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _refuse_overlap(other: OrderAction, chosen: Sequence[LineView]) -> None:
    shared = [line.id for line in chosen if line.id in other.line_ids]
    if shared:
        raise ConflictError(
            f"`{other.action}` is already requested for line {shared[0]}.",
            code="action_open",
            action_id=str(other.id),
        )
