"""When a job that failed is tried again, and when it is given up. Pure."""

from datetime import timedelta

PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 15, 60, 120, 300))
MAX_ATTEMPTS = 20
"""Attempts after which a job is dead: a job that kills its worker ends here too."""


def pause_before(attempt: int) -> timedelta | None:
    """How long to wait after the given failed attempt (1 = first), None = give up."""
    if attempt >= MAX_ATTEMPTS:
        return None
    return PAUSES[min(attempt, len(PAUSES)) - 1]


def heartbeat(lease: timedelta) -> timedelta:
    """How often a lease is renewed: two renewals may be lost before it runs out."""
    return lease / 3


def usable(lease: timedelta) -> timedelta:
    """How long after its last renewal a worker may still act on a lease.

    Shorter than the lease, so that a slow worker stops before another may start.
    """
    return lease * 0.8
