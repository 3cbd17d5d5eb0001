"""Decides when an ended child process is restarted, and when to give up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RestartPolicy:
    """A pause for each exit within the window; one more exit gives up."""

    pauses: tuple[timedelta, ...] = (
        timedelta(seconds=0.2),
        timedelta(seconds=0.6),
        timedelta(seconds=2),
        timedelta(seconds=5),
    )
    window: timedelta = timedelta(seconds=60)

    @property
    def deaths_allowed(self) -> int:
        return len(self.pauses)


def pause_before_restart(
    ages: Sequence[timedelta], policy: RestartPolicy
) -> timedelta | None:
    """Return how long to wait, or None to give up.

    `ages` is the time since each exit, including the present one.
    """
    recent = sum(age <= policy.window for age in ages)
    if recent > policy.deaths_allowed:
        return None
    return policy.pauses[recent - 1]
