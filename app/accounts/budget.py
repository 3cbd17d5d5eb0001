"""How much of Back Market's limits remains, and when there is more. Pure.

Limits are per token (Back Market API, limits): about 2,000 SKU lines an hour over both
methods, about 20 listing requests in 10 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

HOUR = timedelta(hours=1)
REQUEST_WINDOW = timedelta(seconds=10)
LATEST_ARRIVAL = timedelta(seconds=15)
"""Reserved lines may arrive this much later: their hour begins then."""
RESERVE_PERCENT = 1
"""Share of the hourly lines reserved for lowered stock, which must not wait."""


@dataclass(frozen=True, slots=True)
class Spend:
    """Lines reserved at a point in time."""

    at: datetime
    lines: int


def reserve_of(limit: int) -> int:
    """Lines of an hour reserved for lowered stock."""
    return limit * RESERVE_PERCENT // 100


def unreserved_lines(limit: int, used: int) -> int:
    """Lines that remain for changes other than lowered stock."""
    return max(0, lines_left(limit, used) - reserve_of(limit))


def lines_left(limit: int, used: int) -> int:
    """Lines that remain in an hour in which `used` lines were sent."""
    return max(0, limit - used)


def used_of(spent: Sequence[Spend], now: datetime) -> int:
    """Lines reserved in the hour that ends now."""
    return sum(s.lines for s in spent if s.at > now - HOUR)


def free_lines_at(
    limit: int, spent: Sequence[Spend], lines: int, now: datetime
) -> datetime:
    """When at least `lines` lines are free, or all of them if that is less.

    `lines` is capped at a tenth of the limit, so that a long queue proceeds in steps
    instead of waiting for a whole free hour.
    """
    goal = min(lines, max(1, limit // 10))
    free = limit - used_of(spent, now)  # negative when the limit was lowered
    for spend in sorted(spent, key=lambda s: s.at):
        if free >= goal:
            break
        if spend.at > now - HOUR:
            free += spend.lines
            if free >= goal:
                return spend.at + HOUR
    return now


def sent_by(
    limit: int, spent: Sequence[Spend], now: datetime, queue: Sequence[int]
) -> list[datetime | None]:
    """When the last line of each lane is sent; None for an empty lane.

    Lanes are served in this order. Free lines are sent now; a spent line is free again
    after an hour.
    """
    used = [s for s in sorted(spent, key=lambda s: s.at) if s.at > now - HOUR]
    times = [now, *(s.at + HOUR for s in used)]
    free = limit - sum(s.lines for s in used)
    sums = list(accumulate([free, *(s.lines for s in used)]))
    return [
        _nth_line(limit, times, sums, last) if lines else None
        for lines, last in zip(queue, accumulate(queue), strict=True)
    ]


def _nth_line(
    limit: int, times: Sequence[datetime], sums: Sequence[int], number: int
) -> datetime:
    rounds, place = divmod(number - 1, limit)
    found = next(i for i, total in enumerate(sums) if total > place)
    return times[found] + rounds * (HOUR + LATEST_ARRIVAL)


@dataclass(frozen=True, slots=True)
class Pace:
    """A steady request rate that allows a burst of half the window's requests.

    Half as a burst and half spread over the window never exceed the limit in any
    window (GCRA, the leaky bucket as a meter).
    """

    requests: int
    window: timedelta = REQUEST_WINDOW

    @property
    def burst(self) -> int:
        return max(1, self.requests // 2)

    @property
    def step(self) -> timedelta:
        return self.window / max(1, self.requests - self.burst)

    @property
    def ahead(self) -> timedelta:
        """How far the clock may be ahead of a request that need not wait."""
        return self.step * (self.burst - 1)

    def reserve(
        self, clock: datetime | None, now: datetime
    ) -> tuple[timedelta, datetime]:
        """How long to wait before the next request, and the new clock to store."""
        due = max(clock or now, now)
        wait = due - now - self.ahead
        return max(timedelta(0), wait), due + self.step
