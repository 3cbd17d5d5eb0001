"""What rules make of a row: tidied texts, exact amounts, rows that are left out."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.digest import identity
from app.catalogs.engine.pipeline.full_rows import ABSENT
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.read.reader import FLAW, LINE, cell
from app.catalogs.engine.transform.columns import attribute_text
from app.catalogs.engine.transform.conditions import holds
from app.catalogs.engine.transform.number_steps import apply_number_steps
from app.catalogs.engine.transform.rules import count_excluded
from app.catalogs.engine.validate.problems import problems_in
from app.stores.mapping.attribute_source import AttributeSource
from app.stores.mapping.mapping_model import CatalogMapping, Filter
from app.stores.mapping.resolve import resolve_for_store
from tests.catalogs.engine.samples import MAPPING, row


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


def steps(*asked: dict[str, Any]):
    return AttributeSource.model_validate(
        {"column": "x", "steps": list(asked)}
    ).number_steps


def after(number: int, *asked: dict[str, Any], unit: int = 100) -> int | None:
    frame = pl.DataFrame({"n": [number]}, schema={"n": pl.Int64})
    return frame.select(
        apply_number_steps(pl.col("n"), steps(*asked), unit, None)
    ).item()


NUMBER_STEPS = [
    pytest.param(1999, {"op": "percent", "by": "5"}, 2099, id="19.99 + 5 % = 20.9895"),
    pytest.param(10, {"op": "percent", "by": "5"}, 11, id="half a cent goes up"),
    pytest.param(2000, {"op": "percent", "by": "-12.5"}, 1750, id="a discount"),
    pytest.param(1005, {"op": "multiply", "by": "1.1"}, 1106, id="11.055 = 11.06"),
    pytest.param(1190, {"op": "divide", "by": "1.19"}, 1000, id="without VAT"),
    pytest.param(1000, {"op": "add", "by": "4.99"}, 1499, id="add"),
    pytest.param(1000, {"op": "add", "by": "-2"}, 800, id="less"),
    pytest.param(1002, {"op": "round", "to": "0.05"}, 1000, id="to five cents"),
    pytest.param(1003, {"op": "round", "to": "0.05"}, 1005, id="nearest"),
    pytest.param(1001, {"op": "round", "to": "1", "mode": "up"}, 1100, id="up"),
    pytest.param(1099, {"op": "round", "to": "1", "mode": "down"}, 1000, id="down"),
    pytest.param(1949, {"op": "ending", "at": "0.99"}, 1999, id="nearest .99"),
    pytest.param(1948, {"op": "ending", "at": "0.99"}, 1899, id="nearest below"),
    pytest.param(2000, {"op": "ending", "at": "0.99", "mode": "up"}, 2099, id="up .99"),
    pytest.param(
        1999, {"op": "ending", "at": "0.99", "mode": "up"}, 1999, id="it is .99"
    ),
    pytest.param(50, {"op": "ending", "at": "0.99", "mode": "down"}, 99, id="first"),
    pytest.param(
        11000, {"op": "ending", "at": "9", "per": "10", "mode": "down"}, 10900, id="109"
    ),
    pytest.param(500, {"op": "at_least", "value": "9.99"}, 999, id="at least"),
    pytest.param(5000, {"op": "at_most", "value": "49.90"}, 4990, id="at most"),
    pytest.param(999_999_999, {"op": "percent", "by": "5"}, None, id="too large"),
    pytest.param(
        999_999_999, {"op": "multiply", "by": "999.999999"}, None, id="no overflow"
    ),
]


@pytest.mark.parametrize(("cents", "step", "result"), NUMBER_STEPS)
def test_a_step_on_an_amount(cents, step, result):
    assert after(cents, step) == result


PIECES = [
    pytest.param(5, {"op": "buffer", "keep": 2}, 3, id="two are kept back"),
    pytest.param(1, {"op": "buffer", "keep": 2}, 0, id="never below 0"),
    pytest.param(50, {"op": "at_most", "value": "10"}, 10, id="cap"),
    pytest.param(5, {"op": "percent", "by": "-50"}, 2, id="half a piece is none"),
]


@pytest.mark.parametrize(("pieces", "step", "result"), PIECES)
def test_a_step_on_a_quantity(pieces, step, result):
    assert after(pieces, step, unit=1) == result


@given(
    cents=st.integers(1, 9_999_999),
    factor=st.decimals("0.000001", "99", places=6),
)
def test_a_factor_is_exact_and_half_a_cent_goes_up(cents, factor):
    exact = (Decimal(cents) * factor).quantize(Decimal(1), ROUND_HALF_UP)

    found = after(cents, {"op": "multiply", "by": str(factor)})

    assert found == (int(exact) if exact < 10**9 else None)


def staged(*rows: dict[str, str], filters=(), flaw: int = 0, **mapping) -> Staged:
    told = CatalogMapping.model_validate(
        {"attributes": MAPPING | mapping, "filters": list(filters)}
    )
    told = resolve_for_store(told, "FR", "EUR")
    frame = pl.DataFrame(
        [{cell(n): r.get(n) or None for n in told.columns} for r in rows],
        schema={cell(n): pl.String for n in told.columns},
    ).with_row_index(LINE, 2)
    config = ImportConfig(told, {"phones": 1}, "EUR")
    return stage(frame.with_columns(pl.lit(flaw, pl.UInt8).alias(FLAW)).lazy(), config)


def full(*rows: dict[str, str], **given) -> list[dict[str, Any]]:
    return pl.concat(staged(*rows, **given).batches()).to_dicts()


def test_arithmetic_comes_after_the_money_is_read():
    found = full(
        row("A", price="1.299,00 EUR"),
        row("B", price="1.299"),
        row("C", price="199,90"),
        row("D", price="12,50"),
        price={"column": "price", "steps": [{"op": "percent", "by": "10"}]},
    )

    assert [r["price"] for r in found] == [142890, 142890, 21989, 1375]


def test_a_stock_buffer_comes_after_the_quantity_is_read():
    found = full(
        row("A", quantity="5 pcs"),
        row("B", quantity="1"),
        quantity={
            "column": "quantity",
            "steps": [{"op": "buffer", "keep": 2}, {"op": "at_most", "value": 2}],
        },
    )

    assert [(r["quantity"], r["mask"]) for r in found] == [(2, 0), (0, 0)]


AFTERWARDS = [
    pytest.param("5", {"op": "add", "by": "-5"}, ["price_not_positive"], id="nothing"),
    pytest.param(
        "9000000", {"op": "multiply", "by": "2"}, ["price_too_large"], id="too large"
    ),
    pytest.param("free", {"op": "add", "by": "5"}, ["price_format"], id="not read"),
    pytest.param(
        "1.2345", {"op": "multiply", "by": "1"}, ["price_decimals"], id="read wrongly"
    ),
]


@pytest.mark.parametrize(("price", "step", "codes"), AFTERWARDS)
def test_what_a_step_makes_of_a_price_is_checked(price, step, codes):
    found = full(row("A", price=price), price={"column": "price", "steps": [step]})

    assert [p.code for p in problems_in(found[0]["mask"])] == codes


def test_a_step_on_a_number_may_look_at_attributes_and_columns():
    dear = {
        "op": "all",
        "of": [
            {"op": "equals", "attribute": "grade", "value": "fair"},
            {"op": "at_least", "attribute": "quantity", "value": "2"},
            {"op": "equals", "column": "brand", "value": "apple"},
        ],
    }

    found = full(
        row("A", grade="f", quantity="2", brand="Apple", price="100"),
        row("B", grade="f", quantity="1", brand="Apple", price="100"),
        price={
            "column": "price",
            "steps": [{"op": "percent", "by": "10", "when": dear}],
        },
        grade={"column": "grade", "values": {"f": "FAIR"}},
    )

    assert [r["price"] for r in found] == [11000, 10000]


def test_cases_take_the_first_that_is_so():
    source = {
        "cases": [
            {
                "when": {"op": "empty", "column": "sale"},
                "value": {"column": "price"},
            }
        ],
        "else": {"column": "sale"},
    }

    found = full(row("A", sale="150"), row("B"), price=source)

    assert [r["price"] for r in found] == [15000, 19990]


COUNTRIES = [
    pytest.param({"by_country": {"FR": {"column": "fr"}}}, 110, id="its own"),
    pytest.param(
        {"by_country": {"DE": {"column": "fr"}, "*": {"column": "other"}}},
        120,
        id="all others",
    ),
    pytest.param({"column_for": "{country_lower}"}, 110, id="named by the store"),
    pytest.param({"column_for": "price {currency}"}, 130, id="by its currency"),
    pytest.param(
        {
            "column": "other",
            "steps": [{"op": "multiply", "by_country": {"FR": "2", "*": "3"}}],
        },
        240,
        id="a factor",
    ),
]


@pytest.mark.parametrize(("source", "price"), COUNTRIES)
def test_a_price_by_the_country_of_the_store(source, price):
    cells = {"fr": "110", "other": "120", "price EUR": "130"}

    assert full(row("A", **cells), price=source)[0]["price"] == price * 100


MARKET = {
    "name": "other countries",
    "when": {
        "op": "not",
        "of": {"op": "of_store", "column": "market", "store": "country"},
    },
}
CHEAP = {
    "name": "too cheap",
    "when": {"op": "less_than", "attribute": "price", "value": "50"},
}


def test_filters_leave_rows_out_and_the_first_one_counts():
    kept = staged(
        row("A", market="FR"),
        row("A", market="DE"),
        row("B", market="GB", price="£10", quantity="x"),
        row("C", market="fr", price="45"),
        filters=[MARKET, CHEAP],
        price={"column": "price", "steps": [{"op": "add", "by": "-5"}]},
    )

    keys = kept.keys.sort(LINE)
    assert count_excluded(kept.config.mapping, keys) == {
        "other countries": 2,
        "too cheap": 1,
    }
    assert keys["sku_key"].to_list() == ["a", None, None, None]
    assert keys["desired_state"].to_list()[1:] == [ABSENT] * 3
    assert [p.code for p in problems_in(keys["mask"][2])] == ["excluded"]


def test_a_filter_looks_at_the_price_after_its_steps():
    found = staged(
        row("A", price="52"),
        filters=[CHEAP],
        price={"column": "price", "steps": [{"op": "add", "by": "-3"}]},
    )

    assert count_excluded(found.config.mapping, found.keys) == {"too cheap": 1}


def test_a_torn_row_is_not_left_out():
    found = staged(row("A", market="DE"), filters=[MARKET], flaw=1)

    assert count_excluded(found.config.mapping, found.keys) == {"other countries": 0}


def test_rows_that_are_left_out_do_not_tell_the_decimal_sign():
    found = full(
        row("A", market="FR", price="1.299"),
        row("B", market="FR", price="10,50"),
        row("C", market="GB", price="10.50"),
        filters=[MARKET],
    )

    assert found[0]["price"] == 129900


def test_every_rule_is_part_of_the_identity_of_a_digest():
    step = {"column": "price", "steps": [{"op": "percent", "by": "5"}]}
    other = {"column": "price", "steps": [{"op": "percent", "by": "6"}]}
    by_country = {
        "column": "price",
        "steps": [{"op": "percent", "by_country": {"FR": "5", "DE": "6"}}],
    }
    renamed = CHEAP | {"name": "cheap"}

    told = [
        identity(staged(row("A"), **given).config)
        for given in (
            {},
            {"price": step},
            {"price": other},
            {"filters": [CHEAP]},
            {"filters": [renamed]},
            {"filters": [CHEAP, MARKET]},
        )
    ]
    french = identity(staged(row("A"), price=by_country).config)

    assert len(set(told)) == len(told)
    assert french == told[1]
