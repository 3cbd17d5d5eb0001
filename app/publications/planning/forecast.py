"""Estimates when the changes of a plan would be sent with the present budget. Pure."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.budget import HOUR


@dataclass(frozen=True, slots=True)
class Forecast:
    """Lines to send at once, deferred lines, and when the last one is sent."""

    now: int
    deferred: int
    eta: datetime | None
    """None: there is nothing to send."""


def forecast(
    to_send: int, deferred: int, per_hour: int, free_lines_at: datetime, now: datetime
) -> Forecast:
    """Deferred lines are sent at `per_hour` after `free_lines_at`, when lines are free.

    An estimate: other stores of the account use the same budget.
    """
    if deferred:
        return Forecast(to_send, deferred, free_lines_at + HOUR * (deferred / per_hour))
    return Forecast(to_send, 0, now if to_send else None)
