"""Defines the metrics that processes count: names, labels, buckets.

A label has few values: routes, kinds and codes of ours, never a store, an account, an
order or a text of a caller. Help texts are part of each key in the shared files: short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # shared files have none

REQUEST_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5)
"""Few, since each route has all of them."""
CALL_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
JOB_BUCKETS = (0.1, 0.5, 1, 5, 15, 60, 300, 900)
LAG_BUCKETS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

FINGERPRINT = sha256(Path(__file__).read_bytes()).hexdigest()[:12]
"""Of the definitions: processes that define metrics differently share no files."""


_HISTOGRAMS: Mapping[str, tuple[str, str, tuple[str, ...], tuple[float, ...]]] = {
    "requests": (
        "refeed_http_request_duration_seconds",
        "Requests to the API.",
        ("method", "route", "status"),
        REQUEST_BUCKETS,
    ),
    "calls": (
        "refeed_back_market_request_duration_seconds",
        "Requests to Back Market.",
        ("request",),
        CALL_BUCKETS,
    ),
    "job_seconds": (
        "refeed_job_duration_seconds",
        "Executions of jobs.",
        ("kind",),
        JOB_BUCKETS,
    ),
    "loop_lag": (
        "refeed_event_loop_lag_seconds",
        "How late timers fire.",
        ("process",),
        LAG_BUCKETS,
    ),
}
"""Fields of `ProcessMetrics`: name, help text, labels, buckets."""
_COUNTERS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "call_errors": (
        "refeed_back_market_errors_total",
        "Failed requests to Back Market.",
        ("request", "code"),
    ),
    "jobs": ("refeed_job_runs_total", "Executions of jobs.", ("kind", "outcome")),
    "publications": (
        "refeed_publications_total",
        "Publications that ended.",
        ("kind", "outcome"),
    ),
    "parser_kills": (
        "refeed_parser_kills_total",
        "Parser processes that ended without a result.",
        ("reason",),
    ),
    "webhook_attempts": (
        "refeed_webhook_attempts_total",
        "Requests to webhook endpoints.",
        ("outcome",),
    ),
    "alert_messages": (
        "refeed_alert_messages_total",
        "Attempts to send alerts.",
        ("outcome",),
    ),
    "starts": ("refeed_process_starts_total", "Starts of processes.", ("process",)),
}
"""Fields of `ProcessMetrics`: name, help text, labels."""


@dataclass(frozen=True, slots=True)
class ProcessMetrics:
    """The metrics of one process; a label is listed in the order of its values."""

    requests: Histogram
    calls: Histogram
    call_errors: Counter
    jobs: Counter
    job_seconds: Histogram
    publications: Counter
    parser_kills: Counter
    webhook_attempts: Counter
    alert_messages: Counter
    loop_lag: Histogram
    starts: Counter


def define(registry: CollectorRegistry) -> ProcessMetrics:
    """Create the metrics, all 0, in this registry."""
    created: dict[str, Any] = {
        field: Histogram(name, text, labels, buckets=buckets, registry=registry)
        for field, (name, text, labels, buckets) in _HISTOGRAMS.items()
    }
    for field, (name, text, labels) in _COUNTERS.items():
        created[field] = Counter(name, text, labels, registry=registry)
    return ProcessMetrics(**created)
