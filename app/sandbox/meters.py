"""How often each route was called, how it ended, and the time that took here."""

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
class Visit:
    """One request as it came, for the log of the newest ones."""

    time: float
    method: str
    path: str
    query: str
    account: str | None
    locale: str | None
    user_agent: str | None


class Meters:
    def __init__(self, kept: int) -> None:
        self.routes: dict[str, Meter] = {}
        self.answers: Counter[tuple[str, int | None]] = Counter()
        self.visits: deque[dict[str, object]] = deque(maxlen=kept)

    def time(self, route: str, seconds: float) -> None:
        self.routes.setdefault(route, Meter()).add(seconds)

    def note(self, visit: Visit, route: str, status: int | None) -> None:
        """`status` is None when nobody answered."""
        self.answers[route, status] += 1
        self.visits.append(
            {
                "time": visit.time,
                "method": visit.method,
                "path": visit.path,
                "query": visit.query,
                "account": visit.account,
                "locale": visit.locale,
                "user_agent": visit.user_agent,
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
