"""Alert rules, dashboard and runbook name metrics and labels that are exposed."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from app.metrics.definitions import define
from app.monitoring.exposition import processes_of
from app.monitoring.families import FAMILIES, missing_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "operations"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
RUNBOOK = (FOLDER / "monitoring.md").read_text()
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "jobs": [{"kind": "publish", "due": 1, "later": 0, "running": 0, "oldest": 1.0}],
    "lines": [{"used": 1, "remaining": 1, "exhausted": 0}],
    "accounts": [{"connection": "ok", "accounts": 1}],
    "orders": [{"reason": "not_shipped", "orders": 1, "oldest": 1.0}],
    "publications": [{"state": "waiting", "publications": 1}],
    "endpoints": [{"state": "enabled", "endpoints": 1}],
    "channels": [{"state": "enabled", "channels": 1}],
    "service_cases": [{"accounts": 0}],
    "deliveries": [{"pending": 1, "oldest": 1.0}],
}
OF_PROMETHEUS = {"up": {"job", "instance"}}
SELECTOR = re.compile(r"\b(up|refeed_\w+)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


@cache
def exposed() -> dict[str, set[str]]:
    """The names of all samples, with the labels they may have."""
    registry = CollectorRegistry()
    define(registry)
    found = dict(OF_PROMETHEUS)
    for metric in registry._names_to_collectors.values():
        for name in sample_names(metric._type, metric._name):
            found[name] = {*metric._labelnames, "le"}
    gauges: list[Metric] = [missing_of(0), processes_of({})]
    gauges += [f for name, make in FAMILIES.items() for f in make(SAMPLES[name])]
    for family in gauges:
        found[family.name] = {label for s in family.samples for label in s.labels}
    return found


def sample_names(kind: str, name: str) -> Iterator[str]:
    if kind == "counter":
        yield f"{name}_total"
    else:
        yield from (f"{name}_{part}" for part in ("bucket", "count", "sum"))


def expressions() -> list[str]:
    alerts = [rule["expr"] for rule in RULES]
    return [*alerts, *(t["expr"] for p in DASHBOARD["panels"] for t in p["targets"])]


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_has_metrics_and_labels_that_are_exposed(expression: str):
    selected = SELECTOR.findall(expression)
    labels = set().union(*(exposed().get(name, set()) for name, _ in selected))
    grouped = {
        label.strip()
        for found in GROUPING.findall(expression)
        for label in found.split(",")
    }

    assert selected
    assert [name for name, _ in selected if name not in exposed()] == []
    for name, matchers in selected:
        assert set(MATCHER.findall(matchers)) <= exposed()[name]
    assert grouped <= labels


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_severity_a_summary_and_a_section_of_the_runbook(
    rule: dict[str, Any],
):
    section = re.search(rf"^### {rule['alert']}\n\n(.+)", RUNBOOK, re.MULTILINE)
    labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))

    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert section
    grouped = set(re.findall(r"\w+", " ".join(GROUPING.findall(rule["expr"]))))
    assert labels <= grouped | (
        {"instance"} if rule["expr"].startswith("up") else set()
    )


def test_the_runbook_has_no_other_alerts_and_every_metric():
    sections = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    table = set(re.findall(r"`(refeed_\w+)`", RUNBOOK.partition("## Alerts")[0]))
    bare = {re.sub("_(bucket|count|sum)$", "", name) for name in exposed()}

    assert sections == [rule["alert"] for rule in RULES]
    assert table == bare - OF_PROMETHEUS.keys()


def test_each_alert_watches_something_that_a_panel_shows():
    def names(expression: str) -> set[str]:
        return {name for name, _ in SELECTOR.findall(expression)} - {"up"}

    def base(name: str) -> str:
        return re.sub("_(bucket|count|sum)$", "", name)

    shown = {
        base(name)
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in names(target["expr"])
    }
    watched = {base(name) for rule in RULES for name in names(rule["expr"])}

    assert watched <= shown
