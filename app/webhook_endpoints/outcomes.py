"""Decides what follows an attempt: for its delivery, and for the endpoint. Pure.

Codes of attempts that got no response are those of `app/sources/outcomes.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal

from app.jobs.retry import WEBHOOK, GiveUp

DeliveryState = Literal["pending", "delivered", "failed"]
DisabledReason = Literal["failing", "gone", "requested"]

JITTER = 0.1
"""A pause is up to this part shorter or longer, so that retries do not coincide."""
LONGEST_RETRY_AFTER = timedelta(hours=1)
FULL_BATCH = 50
AT_A_TIME = 8
"""Requests to one endpoint at the same time; as many failures in a row end a turn."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)
SLOW = timedelta(seconds=2)
"""A response that takes longer makes an endpoint suspect."""
PATIENCE = timedelta(seconds=3)
"""An endpoint that is not suspect must respond within it, or have its turn among
those that are: longer than `SLOW`, so that it stays there while it is slow."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and its outcome; `code` is None if the event was accepted."""

    at: datetime
    took: timedelta
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: timedelta | None = None

    @property
    def ok(self) -> bool:
        return self.code is None


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint responds; `disabled`: why it gets events no longer."""

    failures: int = 0
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    slow: bool = False
    disabled: DisabledReason | None = None

    @property
    def suspect(self) -> bool:
        """Whether the next request may take long, or fail."""
        return self.slow or self.failures > 0


def code_of(status: int) -> str | None:
    """Why a response is a failure; None for a success."""
    match status:
        case _ if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        case HTTPStatus.GONE:
            return "gone"
        case HTTPStatus.TOO_MANY_REQUESTS:
            return "throttled"
        case _ if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return "redirected"
        case _ if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return "refused"
    return "server_error"


def after_attempt(
    number: int, attempt: Attempt, chance: float
) -> tuple[DeliveryState, datetime]:
    """The state after the n-th attempt, and when the next one is due.

    `chance`: from 0 to 1, for the jitter.
    """
    if attempt.ok:
        return "delivered", attempt.at
    decision = WEBHOOK.decide(number, attempt.code or "", None, _asked(attempt))
    if isinstance(decision, GiveUp):
        return "failed", attempt.at
    return "pending", attempt.at + decision.pause * (1 + JITTER * (2 * chance - 1))


def _asked(attempt: Attempt) -> timedelta:
    return min(attempt.retry_after or timedelta(0), LONGEST_RETRY_AFTER)


def batch_size(health: Health) -> int:
    """How many deliveries a turn tries: one, while the endpoint is down."""
    if not health.failures:
        return FULL_BATCH
    return AT_A_TIME if health.failures < AT_A_TIME else 1


def health_after(
    before: Health,
    attempts: Sequence[Attempt],
    patience: timedelta,
    *,
    dropped: bool = False,
) -> Health:
    """How the endpoint is after a turn; it is disabled after `patience` of failures.

    `dropped`: requests had no response for longer than `PATIENCE`.
    """
    if not attempts:
        return replace(before, slow=True)
    slow = dropped or any(each.took > SLOW for each in attempts)
    if any(each.ok for each in attempts):
        return Health(slow=slow)
    now = attempts[-1].at
    since = before.failing_since or attempts[0].at
    failures = before.failures + len(attempts)
    after = Health(failures, since, _paused_until(failures, attempts), slow)
    if any(each.code == "gone" for each in attempts):
        return replace(after, disabled="gone")
    return replace(after, disabled="failing") if now - since >= patience else after


def _paused_until(failures: int, attempts: Sequence[Attempt]) -> datetime | None:
    """A growing pause once all requests of a turn fail, so that a turn costs little."""
    asked = max(_asked(each) for each in attempts)
    pause = timedelta(0)
    if failures >= AT_A_TIME:
        pause = min(FIRST_PAUSE * 2 ** min(failures - AT_A_TIME, 10), LONGEST_PAUSE)
    pause = max(pause, asked)
    return attempts[-1].at + pause if pause else None
