"""Names the gauges of PostgreSQL's figures, and makes them from rows. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from prometheus_client.core import GaugeMetricFamily

Rows = Sequence[Mapping[str, Any]]
Families = Iterable[GaugeMetricFamily]


def missing_of(statements: int) -> GaugeMetricFamily:
    """How many statements had no answer."""
    return _value(
        "refeed_figures_missing",
        "Statements for gauges that PostgreSQL did not answer in time.",
        statements,
    )


def _jobs(rows: Rows) -> Families:
    queued = _gauge("refeed_jobs", "Unfinished jobs.", "kind", "state")
    oldest = _gauge(
        "refeed_job_oldest_due_seconds", "How long the oldest job is due.", "kind"
    )
    for kind in sorted({row["kind"] for row in rows}):
        of_kind = [row for row in rows if row["kind"] == kind]
        for state in ("due", "later", "running"):
            queued.add_metric([kind, state], sum(row[state] for row in of_kind))
        oldest.add_metric([kind], max(row["oldest"] for row in of_kind))
    return queued, oldest


def _lines(rows: Rows) -> Families:
    (row,) = rows
    return (
        _value("refeed_lines_used", "SKU lines of the last hour.", row["used"]),
        _value("refeed_lines_left", "SKU lines that remain.", row["remaining"]),
        _value(
            "refeed_accounts_without_lines",
            "Seller accounts that have used their lines.",
            row["exhausted"],
        ),
    )


def _accounts(rows: Rows) -> Families:
    accounts = _gauge("refeed_seller_accounts", "Seller accounts.", "connection")
    for row in rows:
        accounts.add_metric([row["connection"]], row["accounts"])
    return (accounts,)


def _orders(rows: Rows) -> Families:
    late = _gauge("refeed_orders_late", "Orders the seller is late with.", "reason")
    oldest = _gauge(
        "refeed_order_lateness_seconds", "How late the oldest order is.", "reason"
    )
    for row in rows:
        late.add_metric([row["reason"]], row["orders"])
        oldest.add_metric([row["reason"]], row["oldest"])
    return late, oldest


def _service_cases(rows: Rows) -> Families:
    (row,) = rows
    return (
        _value(
            "refeed_accounts_without_case_requests",
            "Seller accounts whose service cases wait for a limit.",
            row["accounts"],
        ),
    )


def _publications(rows: Rows) -> Families:
    unfinished = _gauge(
        "refeed_publications_unfinished", "Publications that have not ended.", "state"
    )
    counts = {row["state"]: row["publications"] for row in rows}
    for state in ("requested", "planning", "sending", "waiting"):
        unfinished.add_metric([state], counts.get(state, 0))
    return (unfinished,)


def _endpoints(rows: Rows) -> Families:
    endpoints = _gauge("refeed_webhook_endpoints", "Webhook endpoints.", "state")
    counts = {row["state"]: row["endpoints"] for row in rows}
    for state in ("enabled", "failing", "disabled", "off"):
        endpoints.add_metric([state], counts.get(state, 0))
    return (endpoints,)


def _channels(rows: Rows) -> Families:
    channels = _gauge("refeed_alert_channels", "Alert channels.", "state")
    counts = {row["state"]: row["channels"] for row in rows}
    for state in ("enabled", "failing", "disabled", "off"):
        channels.add_metric([state], counts.get(state, 0))
    return (channels,)


def _deliveries(rows: Rows) -> Families:
    (row,) = rows
    return (
        _value(
            "refeed_webhook_deliveries_pending",
            "Events that have not arrived yet.",
            row["pending"],
        ),
        _value(
            "refeed_webhook_oldest_due_seconds",
            "How long the oldest delivery is due.",
            row["oldest"],
        ),
    )


FAMILIES: Mapping[str, Callable[[Rows], Families]] = {
    "jobs": _jobs,
    "lines": _lines,
    "accounts": _accounts,
    "orders": _orders,
    "publications": _publications,
    "endpoints": _endpoints,
    "deliveries": _deliveries,
    "channels": _channels,
    "service_cases": _service_cases,
}
"""By the name of the statement."""


def _gauge(name: str, documentation: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, labels=labels)


def _value(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, value=value)
