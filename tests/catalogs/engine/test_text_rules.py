"""Text steps and conditions: what they make of the text of an attribute."""

from typing import Any

import polars as pl
import pytest

from app.catalogs.engine.read.frames import cell
from app.catalogs.engine.transform.columns import attribute_text
from app.catalogs.engine.transform.conditions import holds
from app.catalogs.engine.transform.text_bounds import joined
from app.catalogs.engine.validate.texts import MAX_BYTES, TOO_LONG
from app.stores.mapping.attribute_source import AttributeSource
from app.stores.mapping.mapping_model import Filter


def text_after(source: dict[str, Any], **cells: str | None) -> str | None:
    parsed = AttributeSource.model_validate(source)
    names = {*parsed.columns, *cells}
    frame = pl.DataFrame(
        {cell(n): [cells.get(n)] for n in names},
        schema=dict.fromkeys(map(cell, names), pl.String),
    )
    return frame.select(attribute_text(parsed).alias("text"))["text"][0]


TEXT_STEPS = [
    pytest.param({"op": "lower"}, "ABC", "abc", id="lower"),
    pytest.param({"op": "upper"}, "äbc", "ÄBC", id="upper"),
    pytest.param({"op": "squeeze"}, "a \t b\u00a0 c", "a b c", id="squeeze"),
    pytest.param({"op": "strip_tags"}, "<p>a<br/>b &amp; c</p>", "a b & c", id="tags"),
    pytest.param({"op": "strip_tags"}, "<b>a</b>, 1 < 2 > 0", "a, 1 < 2 > 0", id="b"),
    pytest.param({"op": "replace", "find": "€", "to": ""}, "9€", "9", id="replace"),
    pytest.param(
        {"op": "replace", "find": ".", "to": "$1"}, "a.b", "a$1b", id="replace: letters"
    ),
    pytest.param(
        {"op": "regex_replace", "pattern": "([0-9]+) ?GB", "to": "$1 Go"},
        "64GB",
        "64 Go",
        id="regex_replace",
    ),
    pytest.param({"op": "extract", "pattern": "([0-9]+)"}, "IP12-64", "12", id="group"),
    pytest.param({"op": "extract", "pattern": "(x)"}, "abc", None, id="no match"),
    pytest.param(
        {"op": "extract", "pattern": "b.", "group": 0}, "abc", "bc", id="all that fits"
    ),
    pytest.param(
        {"op": "map", "values": {"Wie Neu": "EXCELLENT"}},
        " wie neu",
        "EXCELLENT",
        id="map",
    ),
    pytest.param({"op": "map", "values": {"a": "b"}}, "c", "c", id="map keeps"),
    pytest.param(
        {"op": "map", "values": {"a": "b"}, "else": "empty"},
        "c",
        None,
        id="map empties",
    ),
    pytest.param({"op": "prepend", "text": "FR-"}, "1", "FR-1", id="prepend"),
    pytest.param({"op": "append", "text": " GB"}, "64", "64 GB", id="append"),
    pytest.param(
        {"op": "append", "text": " GB"}, None, None, id="nothing to append to"
    ),
    pytest.param({"op": "shorten", "length": 3}, "äöüx", "äöü", id="shorten"),
    pytest.param(
        {"op": "part", "separator": " > ", "number": 2}, "A > B > C", "B", id="part"
    ),
    pytest.param(
        {"op": "part", "separator": ">", "number": 9}, "A>B", None, id="no such part"
    ),
    pytest.param({"op": "set", "value": "x"}, None, "x", id="set"),
    pytest.param({"op": "set", "value": ""}, "a", None, id="set to nothing"),
    pytest.param(
        {
            "op": "set",
            "value": "x",
            "when": {"op": "equals", "column": "c", "value": "B"},
        },
        "a",
        "a",
        id="when it is not so",
    ),
]


@pytest.mark.parametrize(("step", "text", "after"), TEXT_STEPS)
def test_a_text_step(step, text, after):
    assert text_after({"column": "c", "steps": [step]}, c=text) == after


def test_steps_follow_the_values_and_come_before_the_default():
    source = {
        "column": "c",
        "values": {"n": "new grade"},
        "steps": [{"op": "extract", "pattern": "new (.*)"}],
        "default": "none",
    }

    assert [text_after(source, c=t) for t in ("n", "x")] == ["grade", "none"]


def replace(find: str, to: str) -> dict[str, Any]:
    return {"op": "replace", "find": find, "to": to}


def regex(pattern: str, to: str) -> dict[str, Any]:
    return {"op": "regex_replace", "pattern": pattern, "to": to}


GROWING = [
    pytest.param(
        [replace("a", "b" * 300), replace("b", "c" * 300)], "a", id="two replacements"
    ),
    pytest.param([replace("é", "é" * 300)] * 20, "é", id="twenty replacements"),
    pytest.param([regex("z*", "x" * 300)], "y" * 100, id="an empty match"),
    pytest.param([regex("(.*)", "$1" * 150)], "y" * 200, id="a group repeated"),
    pytest.param(
        [replace("a", "b" * 300)] * 2
        + [replace("b", "c" * 300), {"op": "lower"}, {"op": "shorten", "length": 5}],
        "a",
        id="shortened afterwards",
    ),
]


@pytest.mark.parametrize(("steps", "text"), GROWING)
def test_a_text_that_steps_make_too_long_is_not_built(steps, text):
    assert text_after({"column": "c", "steps": steps}, c=text) == TOO_LONG


def test_a_default_or_a_set_text_does_not_hide_it():
    steps = [*[replace("a", "a" * 300)] * 2, {"op": "set", "value": "x"}]

    assert text_after({"column": "c", "steps": steps, "default": "y"}, c="a") == (
        TOO_LONG
    )


def test_a_template_does_not_repeat_a_long_cell():
    source = {"template": "{c}" * 60}

    assert text_after(source, c="x" * 1000) == TOO_LONG
    assert text_after(source, c="x" * 100) == "x" * 6000


def test_a_template_reads_each_of_its_pieces_once():
    read: list[int] = []

    def piece(number: int) -> pl.Expr:
        def note(texts: pl.Series) -> pl.Series:
            if texts.len():  # polars also asks for the type of no rows
                read.append(number)
            return texts

        return pl.col("c").map_batches(
            note, return_dtype=pl.String, is_elementwise=True
        )

    frame = pl.DataFrame({"c": ["x", "y", "z"]})
    made = frame.select(joined([piece(n) for n in range(5)])).to_series().to_list()

    assert made == ["x" * 5, "y" * 5, "z" * 5]
    assert sorted(read) == list(range(5))


LONG = "<p>" + "ca. 2 " * 20_000


def test_a_long_cell_stays_as_long_as_it_is():
    assert text_after({"column": "c"}, c=LONG) == LONG.strip()
    assert len(text_after({"template": "{c}!"}, c=LONG) or "") > 6 * MAX_BYTES / 2
    steps = [replace("ca.", "~"), regex("(2) ", "$1")]
    assert text_after({"column": "c", "steps": steps}, c=LONG) == "<p>" + "~ 2" * 20_000


CONDITIONS = [
    pytest.param({"op": "equals", "value": " ab "}, "AB", True, id="equals"),
    pytest.param({"op": "equals", "value": "ab"}, None, False, id="empty equals none"),
    pytest.param({"op": "in", "values": ["x", "AB"]}, "ab", True, id="in"),
    pytest.param({"op": "contains", "value": "B"}, "abc", True, id="contains"),
    pytest.param({"op": "contains", "value": "."}, "abc", False, id="letter by letter"),
    pytest.param({"op": "starts_with", "value": "A"}, "abc", True, id="starts"),
    pytest.param({"op": "ends_with", "value": "C"}, "abc", True, id="ends"),
    pytest.param({"op": "matches", "pattern": "^[0-9]+$"}, "12", True, id="matches"),
    pytest.param({"op": "matches", "pattern": "B"}, "abc", False, id="minds case"),
    pytest.param({"op": "empty"}, "  ", True, id="blank"),
    pytest.param({"op": "empty"}, "0", False, id="0 is not empty"),
    pytest.param({"op": "less_than", "value": "5"}, "4,99", True, id="4,99 < 5"),
    pytest.param({"op": "at_most", "value": "0.3"}, "0.30", True, id="0.30 <= 0.3"),
    pytest.param({"op": "more_than", "value": "1000"}, "1,299", False, id="in doubt"),
    pytest.param(
        {"op": "at_most", "value": "2", "decimal": "comma"}, "1,299", True, id="comma"
    ),
    pytest.param({"op": "at_least", "value": "-1"}, "-1", True, id="below 0"),
    pytest.param({"op": "at_least", "value": "0"}, "many", False, id="no number"),
]


@pytest.mark.parametrize(("look", "text", "so"), CONDITIONS)
def test_a_condition(look, text, so):
    asked = {"column": "c", **look}
    frame = pl.DataFrame({cell("c"): [text]}, schema={cell("c"): pl.String})

    def is_so(condition: dict[str, Any]) -> bool:
        parsed = Filter.model_validate({"name": "f", "when": condition}).when
        return frame.select(holds(parsed)).item()

    assert is_so(asked) is so
    assert is_so({"op": "not", "of": asked}) is not so
    assert is_so({"op": "any", "of": [{"op": "empty", "column": "c"}, asked]}) is (
        so or not (text or "").strip()
    )
    assert is_so({"op": "all", "of": [asked, asked]}) is so
