"""Polls the service with a time limit; a stop request ends the wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from app.demo.api import DemoFailedError

TICK = 0.1

Seen = TypeVar("Seen")


class StoppedError(Exception):
    """The user pressed Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Poller:
    """Poll policy; `longest` is the time without progress before it fails."""

    stop_requested: Callable[[], bool]
    longest: timedelta = timedelta(seconds=60)

    def until(
        self,
        poll: Callable[[], Seen],
        done: Callable[[Seen], bool],
        label: str,
        on_progress: Callable[[Seen], None] = lambda _: None,
    ) -> Seen:
        """Poll `ask` until `done`; pass each answer to `tell`, return the last."""
        last: Seen | None = None
        moved = time.monotonic()
        while True:
            self.check_stop()
            seen = poll()
            on_progress(seen)
            if done(seen):
                return seen
            if seen != last:
                last, moved = seen, time.monotonic()
            elif time.monotonic() - moved > self.longest.total_seconds():
                raise DemoFailedError(
                    f"{label}: nothing moved for {self.longest.total_seconds():.0f} s; "
                    f"the last answer was {_in_short(seen)}"
                )
            time.sleep(TICK)

    def check_stop(self) -> None:
        """Raise StoppedError if a stop was requested."""
        if self.stop_requested():
            raise StoppedError


def _in_short(seen: object) -> object:
    """Reduce an answer to its state and reason."""
    if not isinstance(seen, dict):
        return seen
    names = ("state", "phase", "reason", "counts")
    return {name: seen[name] for name in names if seen.get(name)}
