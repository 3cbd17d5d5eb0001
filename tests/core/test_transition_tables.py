"""Each resource has one table of transitions, and every writer of a state obeys it."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from app.catalogs.lifecycle import CATALOG
from app.core.lifecycle import Lifecycle, TransitionError
from app.departures.lifecycle import DEPARTURE
from app.drift.lifecycle import DRIFT_CHECK
from app.jobs.lifecycle import JOB
from app.orders.lifecycle import ACTION, SERVICE_CASES, SUBMISSION, SYNC
from app.publications.lifecycle import PLAN, PUBLICATION
from app.publications.lifecycle import SUBMISSION as PUBLICATION_SUBMISSION
from app.sources.lifecycle import SOURCE

APP = Path(__file__).resolve().parents[2] / "app"
TABLES = {
    "catalog": CATALOG,
    "catalog_source": SOURCE,
    "departure": DEPARTURE,
    "drift_check": DRIFT_CHECK,
    "job": JOB,
    "order_action": ACTION,
    "order_submission": SUBMISSION,
    "order_sync": SYNC,
    "plan": PLAN,
    "publication": PUBLICATION,
    "service_case_sync": SERVICE_CASES,
    "submission": PUBLICATION_SUBMISSION,
}
PACKAGES = ("accounts", "catalogs", "departures", "drift", "orders", "sources")

NAMED = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name:|\Z)", re.MULTILINE | re.DOTALL)
INSERTED = re.compile(r"\{\{(\w+)\}\}")
WRITE = re.compile(
    r"(?:UPDATE|INSERT INTO)\s+(?P<table>\w+)\b(?P<rest>.*?)(?=\bUPDATE \w+ SET\b|\Z)",
    re.DOTALL,
)
SET = re.compile(r"\bSET\b(?:(?!\bWHERE\b).)*?\bstate = '(\w+)'")
CASE = re.compile(r"state = CASE WHEN \w+\.state IN \(([^)]*)\) THEN '(\w+)'")
WHERE = re.compile(r"\bstate (?:= ('\w+')|IN \(([^)]*)\))")


def statements() -> Iterator[tuple[str, str]]:
    """Every SQL statement of the app: the file, and the text on one line."""
    for path in sorted(APP.rglob("*.sql")):
        source = path.read_text()
        fragments = dict(NAMED.findall(source))
        for statement in fragments.values():
            yield path.name, " ".join(_composed(statement, fragments).split())
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text()
        if not WRITE.search(source):  # parsing takes longer than everything else here
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, " ".join(node.value.split())


def _composed(statement: str, fragments: dict[str, str]) -> str:
    return INSERTED.sub(lambda found: fragments.get(found[1], ""), statement)


def sql_transitions() -> Iterator[tuple[str, str, str, str]]:
    """File, table, old state (empty: any), new state of each SQL write of a state."""
    for name, sql in statements():
        for write in WRITE.finditer(sql):
            if write["table"] in TABLES:
                for old, new in _moves(write["rest"]):
                    yield name, write["table"], old, new


def _moves(sql: str) -> Iterator[tuple[str, str]]:
    if found := CASE.search(sql):
        yield from product(_words(found[1]), [found[2]])
        return
    if found := SET.search(sql):
        where = WHERE.findall(sql[found.end() :])
        old = [state for one, many in where for state in _words(one or many)]
        yield from product(old or [""], [found[1]])


def _words(quoted: str) -> list[str]:
    return re.findall(r"'(\w+)'", quoted)


def test_sql_writes_of_states_are_found():
    found = {(table, old, new) for _, table, old, new in sql_transitions()}

    assert ("job", "queued", "running") in found
    assert ("order_sync", "running", "done") in found
    assert ("order_sync", "failed", "requested") in found
    assert ("drift_check", "done", "requested") in found
    assert ("order_submission", "pending", "refused") in found
    assert ("catalog", "importing", "rejected") in found


@pytest.mark.parametrize(
    ("name", "table", "old", "new"),
    sorted(set(sql_transitions())),
    ids=lambda value: value,
)
def test_sql_changes_a_state_only_as_its_table_allows(name, table, old, new):
    assert old, f"{name}: a write of {table}.state without the states it starts from"
    assert TABLES[table].advance(old, new) == new


def test_python_sets_a_state_only_through_its_lifecycle():
    found = [
        f"{path.relative_to(APP)}:{node.lineno}"
        for package in PACKAGES
        for path in sorted((APP / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        for target in _targets(node)
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]

    assert found == []


def _targets(node: ast.Assign) -> Iterator[ast.expr]:
    for target in node.targets:
        yield from target.elts if isinstance(target, ast.Tuple) else [target]


@pytest.mark.parametrize("lifecycle", TABLES.values(), ids=lambda one: one.resource)
def test_every_transition_leads_to_a_known_state_and_every_other_raises(
    lifecycle: Lifecycle,
):
    states = lifecycle.transitions.keys()

    for old, new in product(states, states):
        if new == old or new in lifecycle.transitions[old]:
            assert lifecycle.advance(old, new) == new
        else:
            with pytest.raises(TransitionError, match=f"{old} -> {new}"):
                lifecycle.advance(old, new)
    assert set().union(*lifecycle.transitions.values()) <= states
    assert set(lifecycle.ends) <= states
