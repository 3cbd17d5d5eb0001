"""The examples of the reference of rules, run as they are."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.preview import SampleRow, preview_catalog
from app.catalogs.engine.read.source import SourceFile
from app.stores.mapping.conditions import Condition
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.mapping.resolve import resolve_for_store
from app.stores.mapping.rule_steps import AnyStep
from app.stores.mapping.validate import find_violations

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"## ([^\n]+)\n(?:(?!\n## ).)*?```json\n(.*?)```\s*```csv\n(.*?)```\s*"
    r"```result\n(.*?)```",
    TEXT,
    re.DOTALL,
)


def shown_value(row: SampleRow, name: str) -> str:
    """What the result of an example says of a row, as text."""
    found: Any = {"outcome": row.outcome, "excluded_by": row.excluded_by}.get(name)
    if name in row.texts:
        found = row.values.get(name, row.texts[name])
    return "" if found is None else str(found)


@pytest.mark.parametrize(
    ("mapping", "catalog", "result"),
    [example[1:] for example in EXAMPLES],
    ids=[example[0] for example in EXAMPLES],
)
def test_an_example_has_the_documented_result(
    tmp_path: Path, mapping: str, catalog: str, result: str
):
    parsed = CatalogMapping.model_validate(json.loads(mapping))
    path = tmp_path / "catalog.csv"
    path.write_text(catalog, encoding="utf-8")
    config = ImportConfig(resolve_for_store(parsed, "FR", "EUR"), {"phones": 1}, "EUR")

    found = preview_catalog(
        SourceFile(path), config, tmp_path, max_bytes=10_000, sample=100
    )

    expected = list(csv.DictReader(io.StringIO(result), delimiter=";"))
    assert find_violations(parsed, "FR") == []
    assert [
        {n: shown_value(row, n) for n in expected[0]} for row in found.rows
    ] == expected


def test_each_part_of_the_reference_has_an_example():
    assert [example[0] for example in EXAMPLES] == [
        "Sources",
        "Variants",
        "Text steps",
        "Number steps",
        "Filters",
    ]


def ops_of(union: Any) -> set[str]:
    members = get_args(get_args(union.__value__)[0])
    return {op for m in members for op in get_args(m.model_fields["op"].annotation)}


@pytest.mark.parametrize("union", [AnyStep, Condition], ids=["steps", "conditions"])
def test_the_reference_has_every_rule(union: Any):
    named = {
        op
        for line in TEXT.splitlines()
        if line.startswith("| `")
        for op in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    }

    assert ops_of(union) <= named
