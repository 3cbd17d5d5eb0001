"""Decides whether an action on lines of an order is possible. Pure."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.errors import ConflictError, FieldError, InvalidError
from app.orders.actions.transitions import (
    SHIPPED,
    LineView,
    allowed,
    allows_device_number,
    also_moved,
)
from app.orders.enums import Action, line_state

_DEVICE = ("imei", "serial_number")
_DEVICE_PROBLEMS = {
    "unknown_line": "The parcel has no such line.",
    "device_twice": "A line has one device.",
    "device_not_single": "Back Market takes numbers only for a line with quantity 1.",
}
_RETURN = ("return_reason", "return_message")


class OpenAction(Protocol):
    """The properties of an action that has not ended, as far as they matter here."""

    id: UUID
    action: str
    line_ids: list[int]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """An action on lines of an order; None: every line that allows it."""

    action: Action
    lines: Sequence[int] | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PossibleAction:
    """The lines of a possible action, and what is the same for the same content."""

    lines: Sequence[LineView]
    fingerprint: str


def check_action(
    request: ActionRequest,
    lines: Sequence[LineView],
    unfinished: Sequence[OpenAction],
) -> PossibleAction:
    """Raises ConflictError when Back Market does not allow the action or another one
    is open for these lines, InvalidError for lines or fields that do not fit the order.
    """
    action, fields = request.action, request.fields
    chosen = _choose(action, lines, request.lines)
    _check_fields(action, lines, chosen, fields)
    found = PossibleAction(chosen, _fingerprint(action, chosen, fields))
    for other in unfinished:
        if other.fingerprint == found.fingerprint:
            return found
        _refuse_overlap(other, chosen)
    return found


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


def _refuse_overlap(other: OpenAction, chosen: Sequence[LineView]) -> None:
    shared = [line.id for line in chosen if line.id in other.line_ids]
    if shared:
        raise ConflictError(
            f"`{other.action}` is already requested for line {shared[0]}.",
            code="action_open",
            action_id=str(other.id),
        )
