"""How rules become fields of the editor, and fields become rules again."""

from typing import Any

import pytest

from app.console.settings.mapping.categories import category_rows, with_target
from app.console.settings.mapping.conditions import (
    UnreadableRuleError,
    condition_fields,
    condition_of,
    condition_text,
)
from app.console.settings.mapping.filters_router import with_filter
from app.console.settings.mapping.sources import source_fields, source_of, source_text
from app.console.settings.mapping.steps import STEPS, arranged, pairs_of, step_fields

BRAND = {"column": "brand", "op": "equals", "value": "Apple"}
CONDITIONS: list[dict[str, Any]] = [
    BRAND,
    {"attribute": "price", "op": "less_than", "value": "10"},
    {"column": "grade", "op": "in", "values": ["A", "B+"]},
    {"column": "title", "op": "matches", "pattern": "^i"},
    {"column": "title", "op": "empty"},
    {"column": "land", "op": "of_store", "store": "country"},
    {"op": "not", "of": BRAND},
    {"op": "all", "of": [BRAND, {"column": "x", "op": "empty"}]},
    {"column": "p", "op": "at_most", "value": "1,5", "decimal": "comma"},
]
SOURCES: list[dict[str, Any]] = [
    {"column": "price"},
    {"constant": "EUR", "default": "USD"},
    {"template": "{brand} {model}", "fill_down": {"by": "Handle"}},
    {"column_for": "price_{country}", "decimal": "comma"},
    {"by_country": {"FR": {"column": "prix"}, "*": {"column": "price"}}},
    {"cases": [{"when": BRAND, "value": {"constant": "x"}}], "else": {"column": "y"}},
    {"column": "grade", "values": {"A = top": "GOOD", "b": "FAIR"}},
    {
        "column": "price",
        "steps": [
            {"op": "replace", "find": " ", "to": ""},
            {"op": "percent", "by_country": {"FR": "5", "*": "3"}},
            {"op": "ending", "at": "0.99", "per": "1", "mode": "up", "when": BRAND},
            {"op": "extract", "pattern": "(x)", "group": 1},
            {"op": "map", "values": {"a": "b"}, "else": "empty"},
            {"op": "set", "value": ""},
        ],
    },
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda each: each["op"])
def test_a_condition_survives_its_fields(condition: dict[str, Any]):
    assert condition_of(condition_fields(condition, "c"), "c") == condition


def test_no_condition_is_always():
    assert condition_of(condition_fields(None, "c"), "c") is None


def test_a_condition_is_shown_in_words():
    assert condition_text(BRAND) == "column brand is Apple"
    assert condition_text({"column": "x", "op": "empty"}) == "column x is empty"


@pytest.mark.parametrize("text", ["", "{", "[]", "1"])
def test_a_rule_that_is_no_object_is_named(text: str):
    with pytest.raises(UnreadableRuleError) as caught:
        condition_of({"c.kind": "rule", "c.rule": text}, "c")

    assert caught.value.field == "c.rule"


@pytest.mark.parametrize("source", SOURCES, ids=map(str, range(len(SOURCES))))
def test_a_source_survives_its_fields(source: dict[str, Any]):
    assert source_of(source_fields(source)) == source


def test_an_attribute_without_a_source_is_not_mapped():
    assert source_of(source_fields(None)) is None


def test_a_source_is_summed_up_in_one_line():
    assert source_text(SOURCES[7]) == "column price, 6 steps"
    assert source_text(SOURCES[5]) == "1 case"
    assert source_text(SOURCES[1]) == "constant EUR, default USD"
    assert source_text(None) == ""


@pytest.mark.parametrize(
    ("action", "ops"),
    [
        ("add:upper", ["lower", "squeeze", "upper"]),
        ("add:no_such", ["lower", "squeeze"]),
        ("remove:0", ["squeeze"]),
        ("remove:2", ["lower", "squeeze"]),
        ("up:1", ["squeeze", "lower"]),
        ("up:0", ["lower", "squeeze"]),
        ("preview", ["lower", "squeeze"]),
    ],
)
def test_buttons_arrange_the_steps(action: str, ops: list[str]):
    form = {"kind": "column"} | step_fields([{"op": "lower"}, {"op": "squeeze"}])

    arranged_form = arranged(form, action)

    found = {n: v for n, v in arranged_form.items() if n.endswith(".op")}
    assert found == {f"steps.{index}.op": op for index, op in enumerate(ops)}
    assert arranged_form["kind"] == "column"


def test_the_last_sign_divides_a_pair():
    assert pairs_of("a = b\n\nx = y = z\nalone") == {
        "a": "b",
        "x = y": "z",
        "alone": "",
    }


async def test_the_editor_knows_every_step_with_its_values():
    from app.stores.mapping.mapping_model import AttributeSource  # noqa: PLC0415

    schemas = AttributeSource.model_json_schema()["$defs"]
    known = {
        schema["properties"]["op"]["const"]: set(schema["properties"]) - {"op", "when"}
        for schema in schemas.values()
        if "when" in schema.get("properties", {})
        and "op" in schema["properties"]
        and "const" in schema["properties"]["op"]
    }
    shown = {op: {p.name for p in params} for op, (_, params) in STEPS.items()}
    assert shown == known


@pytest.mark.parametrize(
    ("position", "given", "names"),
    [
        (0, {"name": "c"}, ["c", "b"]),
        (2, {"name": "c"}, ["a", "b", "c"]),
        (1, None, ["a"]),
        (2, None, ["a", "b"]),
    ],
    ids=["replace", "append", "remove", "remove none"],
)
def test_a_filter_is_replaced_at_its_position(
    position: int, given: dict[str, str] | None, names: list[str]
):
    mapping = {"attributes": {}, "filters": [{"name": "a"}, {"name": "b"}]}

    body = with_filter(mapping, position, given)

    assert [each["name"] for each in body["filters"]] == names


def test_categories_without_a_target_come_first():
    phones = {"source": "phones ", "category_id": 1101, "cpa": "10"}
    old = {"source": "Old", "category_id": 7, "cpa": "1"}
    found = [
        {"source": "Phones", "rows": 9},
        {"source": "Tablets", "rows": 2},
        {"source": "Watches", "rows": 5},
    ]
    categories = {"items": [phones, old], "found_in_catalog": found}

    rows = category_rows(categories, {1101: "Tech > Phones"})

    assert [(row.source, row.rows, row.path) for row in rows] == [
        ("Watches", 5, None),
        ("Tablets", 2, None),
        ("Phones", 9, "Tech > Phones"),
        ("Old", None, None),
    ]


def test_a_source_has_one_target_in_any_case():
    items = [{"source": "PHONES", "category_id": 1, "cpa": "1"}]

    assert with_target(items, " phones", {"category_id": 2, "cpa": "5"}) == [
        {"source": " phones", "category_id": 2, "cpa": "5"}
    ]
    assert with_target(items, "Phones", None) == []
