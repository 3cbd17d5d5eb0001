"""Rate limits: a sliding window per caller, with a block when it is exceeded."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Usage:
    """What one caller sent in the window, and until when it is blocked."""

    hits: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    blocked_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """`maximum` per `seconds`; exceeding it blocks the caller for `block` seconds."""

    maximum: int | None
    seconds: float
    block: float = 0.0


def drop_expired(usage: Usage, now: float, seconds: float) -> None:
    while usage.hits and usage.hits[0][0] <= now - seconds:
        usage.total -= usage.hits.popleft()[1]


def try_consume(usage: Usage, limit: Limit, now: float, weight: int = 1) -> bool:
    """Return whether `weight` more is allowed now; count it if so.

    Back Market, rate limits: refused requests do not count and do not extend
    a block.
    """
    if limit.maximum is None:
        return True
    if now < usage.blocked_until:
        return False
    drop_expired(usage, now, limit.seconds)
    if usage.total + weight > limit.maximum:
        usage.blocked_until = now + limit.block
        return False
    usage.hits.append((now, weight))
    usage.total += weight
    return True
