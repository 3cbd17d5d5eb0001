"""Closed enums of orders: states, actions, return reasons. Pure."""

from collections.abc import Mapping
from enum import StrEnum

UNKNOWN = "unknown"

# Back Market API, orders (section 7.2).
ORDER_STATES: Mapping[int, str] = {
    0: "new",
    10: "pending_payment",
    1: "to_accept",
    3: "to_ship",
    9: "processed",
    8: "payment_failed",
}
LINE_STATES: Mapping[int, str] = {
    0: "new",
    8: "pending_payment",
    9: "on_hold",
    1: "to_accept",
    2: "to_ship",
    3: "shipped",
    4: "cancelled",
    5: "refunded_before_shipping",
    6: "refunded_after_shipping",
    7: "not_paid",
}
# Section 7.3.
RETURN_REASONS: Mapping[int, str] = {
    0: "stock mistake",
    1: "withdrawal within 14 days",
    11: "not at the address",
    12: "the parcel did not arrive",
    13: "lost",
    21: "faulty on opening",
    22: "failure at first use",
    23: "failure within the warranty",
    24: "not as described",
    25: "other",
}


class VatType(StrEnum):
    """How a seller taxes a sale (section 7.3)."""

    REGULAR = "REGULAR"
    MARGINAL = "MARGINAL"


class Action(StrEnum):
    """What a seller may do with lines of an order."""

    ACCEPT = "accept"
    CANCEL = "cancel"
    SHIP = "ship"
    REFUND = "refund"
    INVOICE = "invoice"


class ActionState(StrEnum):
    """The state of an action. The last four are ends."""

    REQUESTED = "requested"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    RECONCILED = "reconciled"
    """The answer was lost; the order shows the effect."""
    REFUSED = "refused"
    FAILED = "failed"
    """refeed could not continue, or the order never showed the change."""


ENDS = frozenset(
    {
        ActionState.DONE,
        ActionState.RECONCILED,
        ActionState.REFUSED,
        ActionState.FAILED,
    }
)


class ActionSubmissionState(StrEnum):
    """The state of one submission of an action. The last four are ends."""

    PENDING = "pending"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    DONE = "done"
    RECONCILED = "reconciled"
    REFUSED = "refused"
    FAILED = "failed"
    """The order never showed its effect."""


SUBMISSION_ENDS = frozenset(
    {
        ActionSubmissionState.DONE,
        ActionSubmissionState.RECONCILED,
        ActionSubmissionState.REFUSED,
        ActionSubmissionState.FAILED,
    }
)


class SyncState(StrEnum):
    """The state of the order sync of a seller account."""

    REQUESTED = "requested"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


def order_state(code: int) -> str:
    return ORDER_STATES.get(code, UNKNOWN)


def line_state(code: int) -> str:
    return LINE_STATES.get(code, UNKNOWN)


def state_code(given: str) -> int | None:
    """The number of an order state, from its word or its number; None if neither."""
    if given.isascii() and given.isdigit() and len(given) < 10:  # noqa: PLR2004 - 32 bits
        return int(given)
    codes = {word: code for code, word in ORDER_STATES.items()}
    return codes.get(given)
