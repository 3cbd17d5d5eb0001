"""How much a seller may send before Back Market stops listening for a while."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Gauge:
    """What one caller sent lately, and until when it is shut out."""

    hits: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    blocked_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """So much per so many seconds; beyond it, refused for `block` seconds."""

    most: int | None
    seconds: float
    block: float = 0.0


def forget_old(gauge: Gauge, now: float, seconds: float) -> None:
    while gauge.hits and gauge.hits[0][0] <= now - seconds:
        gauge.total -= gauge.hits.popleft()[1]


def admits(gauge: Gauge, limit: Limit, now: float, weight: int = 1) -> bool:
    """Say whether `weight` more is let in now, and count it when it is.

    Back Market, rate limits: what is refused does not count, a block is not
    prolonged by knocking.
    """
    if limit.most is None:
        return True
    if now < gauge.blocked_until:
        return False
    forget_old(gauge, now, limit.seconds)
    if gauge.total + weight > limit.most:
        gauge.blocked_until = now + limit.block
        return False
    gauge.hits.append((now, weight))
    gauge.total += weight
    return True
