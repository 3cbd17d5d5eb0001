"""When a job or a call that failed is tried again, and when it is given up. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Why a subject ends without success: a stable code and a message for it."""

    code: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Why a subject waits, and the pause after which its job runs again."""

    pause: timedelta
    code: str
    message: str | None = None
    counts: bool = True
    """Whether it counts as a failure: the pause after the next failure is longer."""


Decision = TryAgain | GiveUp


@dataclass(frozen=True, slots=True)
class Backoff:
    """A pause for each failure in a row; the last pause repeats."""

    pauses: tuple[timedelta, ...]
    max_failures: int | None = None
    """Failures in a row after which it is given up; None: never."""

    def pause(self, failures: int, retry_after: timedelta | None = None) -> timedelta:
        """How long to wait after the n-th failure in a row (1 is the first).

        Never shorter than `retry_after`, the time that the server asked for.
        """
        usual = self.pauses[min(max(failures, 1), len(self.pauses)) - 1]
        return max(usual, retry_after or timedelta(0))

    def gives_up(self, failures: int) -> bool:
        """Whether the n-th failure in a row is the last one."""
        return self.max_failures is not None and failures >= self.max_failures

    def decide(
        self,
        failures: int,
        code: str,
        message: str | None,
        retry_after: timedelta | None = None,
    ) -> Decision:
        """What follows the n-th failure in a row."""
        if self.gives_up(failures):
            return GiveUp(code, message)
        return TryAgain(self.pause(failures, retry_after), code, message)


def _seconds(*pauses: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=pause) for pause in pauses)


def _minutes(*pauses: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=pause) for pause in pauses)


MAX_ATTEMPTS = 20
MAX_PERMANENT = 3
"""Attempts after which a job ends whose last error a repetition raises again."""
JOB = Backoff(_seconds(1, 5, 15, 60, 120, 300), max_failures=MAX_ATTEMPTS)
"""A job whose execution raised an error."""
GIVE_UP = Backoff(_seconds(5, 60, 300, 900), max_failures=5)
"""A job whose subject could not be ended when the job was given up."""
ACCOUNT_JOB = Backoff(_seconds(1, 2, 5, 15, 60, 300))
"""A call to Back Market that failed, in a job of a seller account."""
PUBLICATION = Backoff(_seconds(1, 2, 5, 15, 30, 60))
"""A call to Back Market that failed, in a publication."""
THROTTLED = Backoff(_seconds(10, 20, 40, 80, 160, 300))
"""A seller account after a 429: Back Market blocks for about 10 s (API, limits)."""
CATEGORIES = Backoff(_minutes(1, 5, 15, 60))
"""Categories that could not be fetched."""
CATALOG_PULL = Backoff(_minutes(1, 5, 15, 60))
"""A catalog that could not be pulled from its source."""
OFFER = Backoff(_minutes(5, 10, 20, 40, 80, 160, 320))
"""An offer that Back Market refused for a transient cause."""
WEBHOOK = Backoff(_seconds(5, 300, 1800, 7200, 18_000, 36_000, 36_000), max_failures=8)
"""An event that an endpoint did not accept: eight attempts in 27.6 hours."""
ALERT = Backoff(_minutes(1, 5, 15, 60))
"""A message to people that could not be sent."""
ACCEPTED_ORDER_CHANGE = Backoff(_seconds(2, 5, 15, 60, 300, 900), max_failures=7)
"""Read-backs of an order that does not show a change which Back Market accepted."""
UNANSWERED_ORDER_CHANGE = Backoff(_seconds(1, 3, 10), max_failures=4)
"""Read-backs of an order that does not show a change whose answer was lost."""

REPEATED_ERROR = GiveUp(
    "internal_error", "The job failed repeatedly; the log has the error."
)
WORKER_CRASHED = GiveUp(
    "worker_crashed", "The worker process crashed each time it ran the job."
)
MAX_CRASHES = 5
"""Crashes in a row after which a job is given up without running it again."""
SUSPECT_CRASHES = 2
"""Crashes in a row after which a job runs alone in its worker.

A crash counts for each job that the worker ran. From then on, the job that crashes a
worker is the only one that it ran, so that no other job reaches MAX_CRASHES with it.
"""


_PERMANENT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Errors of code and data, which do not pass. A race may raise one once."""


def ends_after(attempt: int, error: BaseException) -> bool:
    """Whether the n-th attempt was the last one, since its error would repeat."""
    if isinstance(error, _PERMANENT) or is_refused_statement(error):
        return attempt >= MAX_PERMANENT
    return JOB.gives_up(attempt)


def is_refused_statement(error: BaseException) -> bool:
    """Whether PostgreSQL refused the statement or its values, not just now.

    SQLSTATE classes 21, 22 and 42 (PostgreSQL, error codes): cardinality, data, syntax.
    """
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return str(state).startswith(("21", "22", "42"))


def given_up(attempt: int, crashes: int) -> GiveUp | None:
    """Why a claimed job is not run again; None: run it."""
    if crashes >= MAX_CRASHES:
        return WORKER_CRASHED
    return REPEATED_ERROR if attempt > MAX_ATTEMPTS else None


def failed_give_ups(attempt: int, crashes: int) -> int:
    """How often ending the subject of a given-up job failed, or crashed a worker."""
    return max(attempt - MAX_ATTEMPTS, crashes - MAX_CRASHES, 0)


def heartbeat(lease: timedelta) -> timedelta:
    """How often a lease is renewed: two renewals may fail before it runs out."""
    return lease / 3


def usable(lease: timedelta) -> timedelta:
    """How long after its last renewal a worker may still act on a lease.

    Shorter than the lease: a slow worker stops before another one may start.
    """
    return lease * 0.8
