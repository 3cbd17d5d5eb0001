"""Decides when an ended child process is restarted, and describes it meanwhile."""

import signal
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class RestartPolicy:
    """A pause for each exit in a row; the last one repeats, so no child stays down."""

    pauses: tuple[timedelta, ...] = tuple(
        timedelta(seconds=seconds) for seconds in (0.2, 0.6, 2, 5, 10, 20, 40, 60)
    )
    settled_after: timedelta = timedelta(seconds=10)
    """A restarted child that ran so long counts as running again."""
    reset_after: timedelta = timedelta(seconds=60)
    """An exit after so long a run is the first one in a row again."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A child that ended, until it has settled after its restart."""

    name: str
    exit: str
    """`status 3`, `SIGKILL`, or `not started`."""
    exits: int
    """How many in a row, including this one."""
    next_start_at: datetime


def exits_in_a_row(earlier: int, ran: timedelta, policy: RestartPolicy) -> int:
    """Count this exit; `ran` is the time since the last start."""
    return 1 if ran >= policy.reset_after else earlier + 1


def pause_before_restart(exits: int, policy: RestartPolicy) -> timedelta:
    """Return how long to wait after so many exits in a row."""
    return policy.pauses[min(exits, len(policy.pauses)) - 1]


def exit_name(code: int | None) -> str:
    """Describe an exit code of subprocess; None means that it was not started."""
    if code is None:
        return "not started"
    if code >= 0:
        return f"status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
