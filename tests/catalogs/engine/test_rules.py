"""What rules make of a row: steps after parsing, cases, countries, filters."""

from typing import Any

import polars as pl
import pytest

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.digest import identity
from app.catalogs.engine.pipeline.full_rows import ABSENT
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.transform.rules import count_excluded
from app.catalogs.engine.validate.problems import problems_in
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.mapping.resolve import resolve_for_store
from tests.catalogs.engine.samples import MAPPING, row


def staged(*rows: dict[str, str], filters=(), flaw: int = 0, **mapping) -> Staged:
    mapped = CatalogMapping.model_validate(
        {"attributes": MAPPING | mapping, "filters": list(filters)}
    )
    mapped = resolve_for_store(mapped, "FR", "EUR")
    frame = pl.DataFrame(
        [{cell(n): r.get(n) or None for n in mapped.columns} for r in rows],
        schema={cell(n): pl.String for n in mapped.columns},
    ).with_row_index(LINE, 2)
    config = ImportConfig(mapped, {"phones": 1}, "EUR")
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
        "1.234", {"op": "multiply", "by": "1"}, ["ambiguous_number"], id="in doubt"
    ),
]


@pytest.mark.parametrize(("price", "step", "codes"), AFTERWARDS)
def test_what_a_step_makes_of_a_price_is_checked(price, step, codes):
    found = full(row("A", price=price), price={"column": "price", "steps": [step]})

    assert [p.code for p in problems_in(found[0]["mask"])] == codes


def test_conditions_of_number_steps_may_use_attributes_and_columns():
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


def test_the_first_case_that_is_true_applies():
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


def test_a_row_counts_for_the_first_filter_that_excludes_it():
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


def test_a_filter_uses_the_price_after_its_steps():
    found = staged(
        row("A", price="52"),
        filters=[CHEAP],
        price={"column": "price", "steps": [{"op": "add", "by": "-3"}]},
    )

    assert count_excluded(found.config.mapping, found.keys) == {"too cheap": 1}


def test_a_torn_row_is_not_filtered():
    found = staged(row("A", market="DE"), filters=[MARKET], flaw=1)

    assert count_excluded(found.config.mapping, found.keys) == {"other countries": 0}


def test_filtered_rows_do_not_determine_the_decimal_separator():
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

    identities = [
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

    assert len(set(identities)) == len(identities)
    assert french == identities[1]
