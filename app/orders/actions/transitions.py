"""Which line transitions Back Market allows, and whether one took effect. Pure.

Back Market API, orders (sections 7.2, 7.3): accept and cancel from 1, ship and refund
from 2, refund from 3; one request per line, but one for a whole parcel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from app.orders.enums import Action

TO_ACCEPT, TO_SHIP, SHIPPED, CANCELLED, REFUNDED_BEFORE, REFUNDED_AFTER = range(1, 7)

MOVES: Mapping[int, Mapping[Action, int]] = {
    TO_ACCEPT: {Action.ACCEPT: TO_SHIP, Action.CANCEL: CANCELLED},
    TO_SHIP: {Action.SHIP: SHIPPED, Action.REFUND: REFUNDED_BEFORE},
    SHIPPED: {Action.REFUND: REFUNDED_AFTER},
}
"""The next line state, by line state and action."""
SOLD = frozenset({TO_SHIP, SHIPPED, REFUNDED_BEFORE, REFUNDED_AFTER})
"""Line states of an order that accept an invoice."""
BILLED, IDENTIFIED = 100, 101
"""Not states of a line: the targets of an invoice upload, and of device numbers."""
DEVICE_NUMBERS = ("imei", "serial_number")

_REACHED: Mapping[int, frozenset[int]] = {
    TO_SHIP: frozenset({TO_SHIP, SHIPPED, REFUNDED_BEFORE, REFUNDED_AFTER}),
    SHIPPED: frozenset({SHIPPED, REFUNDED_AFTER}),
}
"""States that a line only reaches through the given one."""
_AFTER_SHIPPING = ("return_reason", "return_message")


@dataclass(frozen=True, slots=True)
class LineView:
    """The properties of a line that decisions use."""

    id: int
    state: int
    sku: str | None
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class PlannedSubmission:
    """One request to Back Market: its body, and the lines whose state it changes."""

    line_ids: tuple[int, ...]
    from_state: int
    to_state: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class OrderView:
    """The properties of a read-back order that decisions use."""

    states: Mapping[int, int]
    tracking_number: str | None = None
    billed_at: str | None = None
    """When the last invoice was uploaded, as Back Market writes it."""
    devices: Mapping[int, Mapping[str, str | None]] = field(default_factory=dict)
    """IMEI and serial number by line."""


class TransitionResult(Enum):
    """What an order that was read back shows of a submission."""

    APPLIED = auto()
    NOT_YET = auto()
    CONFLICT = auto()
    """The lines changed in another way: the submission is no longer possible."""


def allowed(lines: Sequence[LineView]) -> dict[Action, tuple[int, ...]]:
    """The actions that Back Market allows now, each with its lines."""
    found: dict[Action, tuple[int, ...]] = {}
    for action in Action:
        ids = tuple(line.id for line in lines if _allows(line, action))
        if ids:
            found[action] = ids
    return found


def _allows(line: LineView, action: Action) -> bool:
    """A parcel may hold any line; other requests identify a line by its SKU."""
    possible = action in MOVES.get(line.state, {})
    return possible and (action is Action.SHIP or bool(line.sku))


def also_moved(
    lines: Sequence[LineView], chosen: Sequence[LineView]
) -> tuple[int, ...]:
    """Further lines whose state a request for the chosen ones could change.

    A request names a SKU: lines with the same SKU and state change together.
    """
    ids = {line.id for line in chosen}
    named = {(_key(line), line.state) for line in chosen}
    return tuple(
        line.id
        for line in lines
        if line.id not in ids and (_key(line), line.state) in named
    )


def _key(line: LineView) -> str:
    return (line.sku or "").casefold()


def allows_device_number(lines: Sequence[LineView]) -> bool:
    """Whether an IMEI or serial number may be given: one line, one piece."""
    return len(lines) == 1 and lines[0].quantity == 1


def submissions_for(
    action: Action,
    order_number: int,
    lines: Sequence[LineView],
    fields: Mapping[str, object],
) -> list[PlannedSubmission]:
    """The requests that execute an action on lines that allow it."""
    if action is Action.SHIP:
        ids = tuple(line.id for line in lines)
        parcel = {name: value for name, value in fields.items() if name != "devices"}
        body = {"order_id": order_number, "new_state": SHIPPED, **parcel}
        shipping = PlannedSubmission(ids, TO_SHIP, SHIPPED, body)
        return [shipping, *_device_submissions(fields.get("devices"))]
    planned = []
    for line in lines:
        to_state = MOVES[line.state][action]
        own_fields = fields if to_state == REFUNDED_AFTER else _without_return(fields)
        body = {
            "order_id": order_number,
            "new_state": to_state,
            "sku": line.sku,
            **own_fields,
        }
        planned.append(PlannedSubmission((line.id,), line.state, to_state, body))
    return planned


def _device_submissions(devices: object) -> list[PlannedSubmission]:
    """One request per line with numbers; they follow the shipment."""
    found = devices if isinstance(devices, list) else []
    return [
        PlannedSubmission(
            (device["line"],),
            SHIPPED,
            IDENTIFIED,
            {name: device[name] for name in DEVICE_NUMBERS if device.get(name)},
        )
        for device in found
    ]


def _without_return(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: v for name, v in fields.items() if name not in _AFTER_SHIPPING}


def reconcile(submission: PlannedSubmission, order: OrderView) -> TransitionResult:
    """Whether a submission took effect, from the order that was read back.

    A parcel with another tracking number was sent by another process; an order may show
    its number later than its state. An invoice was uploaded if its time in the order
    changed.
    """
    if submission.to_state == BILLED:
        changed = order.billed_at and order.billed_at != submission.body.get(
            "billed_before"
        )
        return TransitionResult.APPLIED if changed else TransitionResult.NOT_YET
    if submission.to_state == IDENTIFIED:
        return _reconcile_device(submission, order)
    now = [order.states.get(line_id) for line_id in submission.line_ids]
    reached = _REACHED.get(submission.to_state, frozenset({submission.to_state}))
    if all(state in reached for state in now):
        number = submission.body.get("tracking_number")
        shown = _spaceless(order.tracking_number)
        same = number is None or shown in {"", _spaceless(str(number))}
        return TransitionResult.APPLIED if same else TransitionResult.CONFLICT
    if any(state == submission.from_state for state in now):
        return TransitionResult.NOT_YET
    return TransitionResult.CONFLICT


def _reconcile_device(
    submission: PlannedSubmission, order: OrderView
) -> TransitionResult:
    """Whether a line shows the numbers; the first ones that it got stay."""
    shown = order.devices.get(submission.line_ids[0], {})
    pairs = [(given, shown.get(name)) for name, given in submission.body.items()]
    if all(given == now for given, now in pairs):
        return TransitionResult.APPLIED
    other = any(now and given != now for given, now in pairs)
    return TransitionResult.CONFLICT if other else TransitionResult.NOT_YET


def same_number(given: str, shown: str | None) -> bool:
    """Whether an order shows this tracking number, whatever its spaces and case."""
    return bool(_spaceless(given)) and _spaceless(given) == _spaceless(shown)


def _spaceless(number: str | None) -> str:
    return "".join((number or "").split()).upper()
