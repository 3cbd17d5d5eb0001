"""How much a seller may send before Back Market stops listening for a while."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Usage:
    """What one caller sent lately, and until when it is shut out."""

    hits: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0
    blocked_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """So much per so many seconds; beyond it, refused for `block` seconds."""

    maximum: int | None
    seconds: float
    block: float = 0.0


def drop_expired(usage: Usage, now: float, seconds: float) -> None:
    while usage.hits and usage.hits[0][0] <= now - seconds:
        usage.total -= usage.hits.popleft()[1]


def try_consume(usage: Usage, limit: Limit, now: float, weight: int = 1) -> bool:
    """Say whether `weight` more is let in now, and count it when it is.

    Back Market, rate limits: what is refused does not count, a block is not
    prolonged by knocking.
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
