"""Derives the outcome of an order from its lines. Pure.

Back Market API, orders (sections 7.2, 16): its state is not the outcome. Orders
in state 9 may be shipped, cancelled or refunded; one that was shipped may stay in 3.
"""

from collections.abc import Collection
from enum import StrEnum

_SHIPPED, _CANCELLED = 3, 4
_REFUNDED = {5, 6}
_NOT_PAID = 7
_FINAL = {_SHIPPED, _CANCELLED, *_REFUNDED, _NOT_PAID}
_PAYMENT_FAILED = 8


class OrderOutcome(StrEnum):
    """The outcome of an order."""

    OPEN = "open"
    """A line is not decided yet, or no line is known."""
    NOT_PAID = "not_paid"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    PARTIALLY_CANCELLED = "partially_cancelled"
    """Some lines were shipped, the others cancelled."""
    REFUNDED = "refunded"
    """Every line was refunded or cancelled."""
    PARTIALLY_REFUNDED = "partially_refunded"
    """Some lines were shipped and kept, others refunded."""


def outcome_of(order_state: int, line_states: Collection[int]) -> OrderOutcome:
    """The outcome of an order by its state and the states of its lines."""
    if order_state == _PAYMENT_FAILED:
        return OrderOutcome.NOT_PAID
    if not line_states or not set(line_states) <= _FINAL:
        return OrderOutcome.OPEN
    return _outcome_of_final(set(line_states) - {_NOT_PAID})


def _outcome_of_final(states: set[int]) -> OrderOutcome:
    shipped, refunded = _SHIPPED in states, bool(states & _REFUNDED)
    if refunded:
        return OrderOutcome.PARTIALLY_REFUNDED if shipped else OrderOutcome.REFUNDED
    if _CANCELLED in states:
        return OrderOutcome.PARTIALLY_CANCELLED if shipped else OrderOutcome.CANCELLED
    return OrderOutcome.SHIPPED if shipped else OrderOutcome.NOT_PAID
