"""Decides when a child that ended is started again, and when to give up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RestartPolicy:
    """A pause for each death within the window; one more death is one too many."""

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

    `ages` says how long ago each death was, the one just now included.
    """
    recent = sum(age <= policy.window for age in ages)
    if recent > policy.deaths_allowed:
        return None
    return policy.pauses[recent - 1]
