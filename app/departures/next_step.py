"""Decides what a departure does next. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from app.publications.enums import PublicationState
from app.publications.lifecycle import OVER

PAUSES = tuple(timedelta(seconds=each) for each in (0, 5, 30, 120, 600))
"""Before each run that follows one that left something to do; then it gives up."""
LASTING = frozenset(
    {"token_refused", "permission_refused", "not_configured", "secret_unreadable"}
)
"""Reasons of a failed run that no other run resolves."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a store that leaves.

    `run`: the last run that zeroes its listings; `reason`: why it failed. `to_zero`:
    a listing is online that has to be set to 0. `unsettled`: a run of the store is
    active, or requests of earlier runs have no known result.
    """

    zeroes: bool = True
    run: PublicationState | None = None
    reason: str | None = None
    to_zero: bool = True
    unsettled: bool = False
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class StartRun:
    """Request a run that zeroes listings, not before the pause is over."""

    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Wait:
    """The run is not over."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more is sent; with a reason, something stays online against the order."""

    reason: str | None = None


Step = StartRun | Wait | Finish


def next_step(facts: Facts) -> Step:
    """Zero what has to be zeroed, run after run, then finish."""
    if not facts.zeroes:
        return Finish()
    if facts.run is None:
        return StartRun()
    if facts.run not in OVER:
        return Wait()
    if not facts.to_zero and not facts.unsettled:
        return Finish()
    if facts.reason in LASTING or facts.rounds >= len(PAUSES):
        return Finish(facts.reason or "not_all_zeroed")
    return StartRun(PAUSES[facts.rounds])
