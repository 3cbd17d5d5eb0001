"""When the changes of a plan would be sent, as the budget stands now. Pure."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.budget import HOUR


@dataclass(frozen=True, slots=True)
class Forecast:
    """Lines that would go at once, lines that wait, and when the last one leaves."""

    now: int
    deferred: int
    eta: datetime | None
    """None: there is nothing to send."""


def forecast(
    to_send: int, deferred: int, per_hour: int, next_room: datetime, now: datetime
) -> Forecast:
    """Lines that wait leave at the account's pace once there is room again.

    An estimate: other stores of the account spend the same lines.
    """
    if deferred:
        return Forecast(to_send, deferred, next_room + HOUR * (deferred / per_hour))
    return Forecast(to_send, 0, now if to_send else None)
