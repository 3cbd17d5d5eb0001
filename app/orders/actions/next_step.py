"""Decides what follows when an order was read back after a submission. Pure.

Back Market may accept a change that the order shows minutes later, or not at all. A
repeat of a change that took effect is refused, and one that did not is a second effect
for the buyer: a submission is repeated only after several read-backs.
"""

from dataclasses import dataclass
from enum import Enum, auto

from app.jobs.retry import ACCEPTED_ORDER_CHANGE, UNANSWERED_ORDER_CHANGE, Backoff
from app.orders.actions.transitions import TransitionResult

MAX_ATTEMPTS = 5
"""How often a submission is sent whose answers are all lost."""
MAX_ACCEPTED = 2
"""How often a submission is sent of which an attempt was accepted."""


class NextStep(Enum):
    """What to do with a submission."""

    RECONCILED = auto()
    """The order shows it."""
    REFUSED = auto()
    FAILED = auto()
    """Its effect never showed."""
    READ_BACK = auto()
    """Read the order again after a pause."""
    REPEAT = auto()


@dataclass(frozen=True, slots=True)
class Attempted:
    """What is known of a submission that was sent."""

    attempts: int
    readbacks: int
    """Read-backs since it was last sent, with this one."""
    accepted: bool
    """An attempt was answered with a success."""
    refused: bool
    """The last attempt was refused."""

    @property
    def backoff(self) -> Backoff:
        waits_longer = self.accepted or self.refused
        return ACCEPTED_ORDER_CHANGE if waits_longer else UNANSWERED_ORDER_CHANGE


def next_step(shown: TransitionResult, attempted: Attempted) -> NextStep:
    """What follows from the order as it is now.

    A refusal of the only attempt counts at once. A refusal of a repeat may mean that an
    earlier attempt took effect: the order is read until it shows that, or long enough.
    """
    if shown is TransitionResult.APPLIED:
        return NextStep.RECONCILED
    first_refused = attempted.refused and attempted.attempts <= 1
    if shown is TransitionResult.CONFLICT or first_refused:
        return NextStep.REFUSED
    if not attempted.backoff.gives_up(attempted.readbacks):
        return NextStep.READ_BACK
    if attempted.refused:
        return NextStep.FAILED if attempted.accepted else NextStep.REFUSED
    most = MAX_ACCEPTED if attempted.accepted else MAX_ATTEMPTS
    return NextStep.REPEAT if attempted.attempts < most else NextStep.FAILED
