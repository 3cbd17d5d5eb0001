"""Counts what happens in this process; a few microseconds each, never an error."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from app.metrics.definitions import ProcessMetrics, define

NO_ROUTE = "none"
"""Requests that no route handled: unknown paths, refused keys, exceeded limits."""
ABORTED = "aborted"
"""Requests whose client left before a response began."""
PARSER_ENDINGS = ("time", "CPU time", "memory", "disk space", "crash")
FAILURES = ("failed", "given_up", "subject_left")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ID = re.compile(r"/[^/]*\d[^/]*")


@dataclass(slots=True)
class Recorder:
    """Counts what happens in this process; `metrics` are replaced at its start."""

    registry: CollectorRegistry
    metrics: ProcessMetrics
    folder: Path | None = None
    """Of the files in which it counts; None: in memory."""

    def start(self, process: str) -> None:
        """A process started: `api` or `worker`."""
        self.metrics.starts.labels(process).inc()
        self.metrics.loop_lag.labels(process)
        for reason in PARSER_ENDINGS:
            self.metrics.parser_kills.labels(reason)

    def expect_jobs(self, kinds: Iterable[str]) -> None:
        """Begin at 0: the first failure of a kind is an increase, too."""
        for kind in kinds:
            for outcome in FAILURES:
                self.metrics.jobs.labels(kind, outcome)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request to the API; `status` 0: no response was begun."""
        self.metrics.requests.labels(
            method if method in METHODS else "other", route, status_class(status)
        ).observe(seconds)

    def call(self, request: str, seconds: float, error: str | None) -> None:
        """A request to Back Market; `error`: the code of its error."""
        self.metrics.calls.labels(request).observe(seconds)
        if error:
            self.metrics.call_errors.labels(request, error).inc()

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        """An execution of a job."""
        self.metrics.jobs.labels(kind, outcome).inc()
        self.metrics.job_seconds.labels(kind).observe(seconds)

    def publication(self, kind: str, outcome: str) -> None:
        """A publication ended, and its transaction was committed."""
        self.metrics.publications.labels(kind, outcome).inc()

    def parser_kill(self, reason: str) -> None:
        """A parser process ended without a result."""
        self.metrics.parser_kills.labels(reason).inc()

    def webhook_attempts(self, outcomes: Iterable[str]) -> None:
        """Requests to a webhook endpoint, and their outcomes were committed."""
        for outcome in outcomes:
            self.metrics.webhook_attempts.labels(outcome).inc()

    def alert_message(self, outcome: str) -> None:
        """An attempt to send a digest, and its outcome was committed."""
        self.metrics.alert_messages.labels(outcome).inc()

    def loop_lag(self, process: str, seconds: float) -> None:
        """How late a timer of the event loop fired."""
        self.metrics.loop_lag.labels(process).observe(seconds)


def status_class(status: int) -> str:
    """`2xx` and so on. Pure."""
    return f"{status // 100}xx" if status else ABORTED


def request_name(method: str, path: str) -> str:
    """`GET /ws/orders/{id}`: a path of Back Market without its ids. Pure."""
    return f"{method} {_ID.sub('/{id}', path)}"


def _in_memory() -> Recorder:
    registry = CollectorRegistry()
    return Recorder(registry, define(registry))


RECORDER = _in_memory()
"""Of this process: in memory until `sharing.share` opens files."""
