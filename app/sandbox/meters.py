"""Counts requests by route and status, and measures their processing time."""

from collections import Counter, deque
from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    calls: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, seconds: float) -> None:
        self.calls += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, for the log of recent requests."""

    time: float
    method: str
    path: str
    query: str
    account: str | None
    locale: str | None
    user_agent: str | None


class Meters:
    def __init__(self, limit: int) -> None:
        self.routes: dict[str, Meter] = {}
        self.answers: Counter[tuple[str, int | None]] = Counter()
        self.requests: deque[dict[str, object]] = deque(maxlen=limit)

    def time(self, route: str, seconds: float) -> None:
        self.routes.setdefault(route, Meter()).add(seconds)

    def add(self, record: RequestRecord, route: str, status: int | None) -> None:
        """`status` is None if the connection was closed without a response."""
        self.answers[route, status] += 1
        self.requests.append(
            {
                "time": record.time,
                "method": record.method,
                "path": record.path,
                "query": record.query,
                "account": record.account,
                "locale": record.locale,
                "user_agent": record.user_agent,
                "status": status,
            }
        )

    def summary(self) -> dict[str, object]:
        answers = sorted(self.answers.items(), key=str)
        return {
            "requests": [
                {"route": route, "status": status, "count": count}
                for (route, status), count in answers
            ],
            "seconds": {
                route: {
                    "calls": meter.calls,
                    "seconds": round(meter.seconds, 6),
                    "slowest": round(meter.slowest, 6),
                }
                for route, meter in sorted(self.routes.items())
            },
        }
