"""One row: mapping, checks, desired state, fingerprint."""

import polars as pl
import pytest

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.full_rows import (
    ABSENT,
    ACTIVE,
    DESIRED_STATES,
    FIELDS,
    RETAINED,
)
from app.catalogs.engine.pipeline.stage import stage
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.transform.columns import attribute_text
from app.catalogs.engine.validate.problems import PROBLEMS, bit, describe, problems_in
from app.stores.mapping.attribute_source import AttributeSource
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.engine.samples import MAPPING, row

FINGERPRINT = 2896678659360286068


def staged(
    *rows: dict[str, str], flaw: int = 0, policy="keep", currency="EUR", **mapping
):
    attributes = MAPPING | {n: {"column": n} for r in rows for n in r} | mapping
    columns = CatalogMapping(attributes=attributes).columns
    frame = pl.DataFrame(
        [{cell(n): r.get(n) or None for n in columns} for r in rows],
        schema={cell(n): pl.String for n in columns},
    ).with_row_index(LINE, 2)
    config = ImportConfig(
        CatalogMapping(attributes=attributes),
        {"phones": 1},
        currency,
        invalid_rows=policy,
    )
    return stage(frame.with_columns(pl.lit(flaw, pl.UInt8).alias(FLAW)).lazy(), config)


def only(*rows, **given) -> dict:
    return pl.concat(staged(*rows, **given).batches()).row(0, named=True)


def codes(**cells: str) -> list[tuple[str, str]]:
    mask = only(row("A") | cells)["mask"]
    return [(p.field, p.code) for p in problems_in(mask)]


@pytest.mark.parametrize(
    ("currency", "cells", "found"),
    [
        ("JPY", {"price": "39800"}, []),
        ("JPY", {"price": "39800.00 JPY"}, []),
        ("JPY", {"price": "398.50"}, [("price", "price_not_whole")]),
        (
            "JPY",
            {"price": "39800", "min_price": "39000.1"},
            [("min_price", "price_not_whole")],
        ),
        ("EUR", {"price": "398.50"}, []),
    ],
)
def test_an_amount_in_yen_has_no_decimals(currency, cells, found):
    mask = only(row("A") | cells, currency=currency)["mask"]
    assert [(p.field, p.code) for p in problems_in(mask)] == found


def test_a_valid_row_is_active_with_canonical_fields():
    found = only(
        row("Ab-1", price="1.299,00 EUR", grade="very good", ean="04006381333931")
    )

    assert found["desired_state"] == ACTIVE
    assert found["mask"] == 0
    assert found["sku_key"] == "ab-1"
    assert {n: found[n] for n in ("sku", "ean", "grade", "price", "quantity")} == {
        "sku": "Ab-1",
        "ean": "4006381333931",
        "grade": "VERY_GOOD",
        "price": 129900,
        "quantity": 5,
    }


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        pytest.param({"sku": ""}, "sku", "sku_missing", id="no SKU"),
        pytest.param({"sku": "x" * 201}, "sku", "text_too_long", id="long SKU"),
        pytest.param({"sku": "a\tb"}, "sku", "control_characters", id="tab in SKU"),
        pytest.param({"ean": "4,0E+12"}, "ean", "ean_scientific", id="spreadsheet"),
        pytest.param({"price": ""}, "price", "price_missing", id="no price"),
        pytest.param({"price": "1.299"}, "price", "ambiguous_number", id="in doubt"),
        pytest.param({"price": "1.2345"}, "price", "price_decimals", id="decimals"),
        pytest.param({"price": "0"}, "price", "price_not_positive", id="zero"),
        pytest.param({"price": "9" * 9}, "price", "price_too_large", id="large"),
        pytest.param({"price": "$5"}, "price", "currency_mismatch", id="dollars"),
        pytest.param({"currency": "gbp"}, "currency", "currency_mismatch", id="pounds"),
        pytest.param({"quantity": "<5"}, "quantity", "quantity_format", id="about 5"),
        pytest.param({"grade": "mint"}, "grade", "grade_unknown", id="grade"),
        pytest.param({"grade": ""}, "grade", "grade_missing", id="no grade"),
        pytest.param(
            {"category": ""}, "category", "category_missing", id="no category"
        ),
        pytest.param({"category": "TV"}, "category", "category_unmapped", id="TV"),
        pytest.param({"product_id": "x1"}, "product_id", "product_id_format", id="id"),
        pytest.param(
            {"min_price": "200"}, "min_price", "min_price_above_price", id="floor"
        ),
        pytest.param(
            {"min_price": "1,000"}, "min_price", "ambiguous_number", id="1,000"
        ),
        pytest.param(
            {"warranty_delay": "6"},
            "warranty_delay",
            "warranty_too_short",
            id="6 months",
        ),
        pytest.param({"comment": "x" * 501}, "comment", "text_too_long", id="comment"),
        pytest.param({"comment": "a\x01b"}, "comment", "control_characters", id="bell"),
        pytest.param(
            {"new_battery": "?"}, "new_battery", "boolean_format", id="battery"
        ),
        pytest.param(
            {"shipper_1": "DHL"}, "shipper_1", "shipping_incomplete", id="DHL"
        ),
        pytest.param(
            {
                "shipper_1": "Owl Post",
                "shipping_price_1": "0",
                "shipping_delay_1": "24",
            },
            "shipper_1",
            "unknown_carrier",
            id="no carrier of Back Market",
        ),
        pytest.param(
            {
                "shipper_3": "Owl Post",
                "shipping_price_3": "0",
                "shipping_delay_3": "24",
            },
            "shipper_3",
            "unknown_carrier",
            id="no third carrier of Back Market",
        ),
        pytest.param(
            {"shipper_1": "DHL", "shipping_price_1": "x", "shipping_delay_1": "24"},
            "shipping_price_1",
            "price_format",
            id="shipping price",
        ),
        pytest.param(
            {"shipper_1": "DHL", "shipping_price_1": "0", "shipping_delay_1": "soon"},
            "shipping_delay_1",
            "delay_format",
            id="shipping delay",
        ),
    ],
)
def test_one_bad_cell_is_one_problem(cells, field, code):
    assert codes(**cells) == [(field, code)]


@pytest.mark.parametrize(
    ("cells", "policy", "desired_state"),
    [
        pytest.param({}, "keep", ACTIVE, id="good"),
        pytest.param({"price": "x"}, "keep", RETAINED, id="invalid, keep"),
        pytest.param({"price": "x"}, "withdraw", ABSENT, id="invalid, withdraw"),
        pytest.param({"category": "TV"}, "keep", ABSENT, id="unmapped"),
        pytest.param(
            {"category": "", "price": "x"}, "keep", ABSENT, id="unmapped, invalid"
        ),
    ],
)
def test_problems_determine_the_desired_state(cells, policy, desired_state):
    assert (
        DESIRED_STATES[only(row("A", **cells), policy=policy)["desired_state"]]
        == (DESIRED_STATES[desired_state])
    )


def test_no_cell_of_a_torn_row_is_trusted():
    found = only(row("A", category="TV", price="x"), flaw=1)

    assert [p.code for p in problems_in(found["mask"])] == ["row_length"]
    assert (found["desired_state"], found["quantity"]) == (RETAINED, None)


def test_shipping_is_one_canonical_text():
    cells = {"shipper_2": "dpd fr", "shipping_price_2": "4,9", "shipping_delay_2": "48"}

    found = only(row("A", **cells))

    assert found["shipping"] == (
        '{"shipper_2":"DPD FR","shipping_delay_2":48,"shipping_price_2":"4.90"}'
    )
    assert only(row("A", **dict.fromkeys(cells, "")))["shipping"] is None


def test_the_same_carrier_twice_is_a_problem():
    cells = {
        f"{n}_{k}": v
        for k in (1, 2)
        for n, v in (
            ("shipper", ("DHL", "dhl")[k - 1]),
            ("shipping_price", "1"),
            ("shipping_delay", "9"),
        )
    }

    assert codes(**cells) == [("shipper_1", "shipper_repeated")]


@pytest.mark.parametrize(
    ("prices", "cents"),
    [
        pytest.param(["1.299", "12,50"], [129900, 1250], id="commas elsewhere"),
        pytest.param(["1,299", "12.50"], [129900, 1250], id="points elsewhere"),
        pytest.param(["1.299", "12"], [None, 1200], id="ambiguous"),
        pytest.param(
            ["1.299", "12,50", "12.50"], [None, 1250, 1250], id="both separators"
        ),
    ],
)
def test_the_column_resolves_an_ambiguous_separator(prices, cents):
    rows = staged(*(row(str(n), price=p) for n, p in enumerate(prices)))

    assert pl.concat(rows.batches())["price"].to_list() == cents


def test_the_mapping_can_state_the_decimal_separator():
    price = {"column": "price", "decimal": "comma"}

    assert only(row("A", price="1.299"), price=price)["price"] == 129900


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param({"column": "a"}, "x y", id="column, trimmed"),
        pytest.param({"column": "blank"}, None, id="blank is nothing"),
        pytest.param({"column": "blank", "default": "d"}, "d", id="default"),
        pytest.param({"constant": "c "}, "c", id="constant"),
        pytest.param(
            {"template": "{a}/{{{none}}}"}, "\u200bx y\u00a0/{}", id="template"
        ),
        pytest.param({"column": "a", "values": {"X Y ": "z"}}, "z", id="value map"),
        pytest.param({"column": "a", "values": {"q": "z"}}, "x y", id="other value"),
        pytest.param(
            {"column": "a", "values": {"x y": " "}}, None, id="mapped to none"
        ),
    ],
)
def test_a_mapping_gives_trimmed_text(source, text):
    frame = pl.DataFrame(
        {
            cell("a"): ["\u200bx y\u00a0"],
            cell("blank"): [" \u202f\ufeff"],
            cell("none"): [None],
        },
        schema_overrides={cell("none"): pl.String},
    )

    made = frame.select(attribute_text(AttributeSource(**source)).alias("made")).item()

    assert made == (text.strip("\u200b\u00a0") if text else text)


@pytest.mark.parametrize(
    "name", ["sku", "ean", "price", "quantity", "grade", "comment"]
)
def test_the_fingerprint_covers_every_field(name):
    other = {"ean": "96385074", "price": "1", "quantity": "1", "grade": "FAIR"}
    before = only(row("A", comment="c"))

    after = only(row("A", comment="c") | {name: other.get(name, "B")})

    assert before["fingerprint"] != after["fingerprint"]


def test_the_fingerprint_is_stable():
    """A new number here rewrites every offer of every store after an update."""
    assert only(row("A"))["fingerprint"] == FINGERPRINT


def test_spellings_do_not_change_the_fingerprint():
    one = only(row("A", price="1.299,00 EUR", grade="VERY_GOOD"))
    other = only(row("A", price=" 1299 ", grade="very-good", quantity="5 pcs"))

    assert one["fingerprint"] == other["fingerprint"]


def test_problem_bits_are_unique_and_fit_the_mask():
    bits = [problem.bit for problem in PROBLEMS]

    assert bits == list(range(len(PROBLEMS)))
    assert max(bits) < 127
    assert len({(p.field, p.code) for p in PROBLEMS}) == len(PROBLEMS)


def test_problems_have_messages():
    message, accepted = describe("price", "currency_mismatch", "5 {value} $", "EUR")

    assert message == "“5 {value} $” is not in EUR"
    assert accepted.startswith("EUR")
    assert describe("sku", "duplicate_sku", "7", "EUR")[0].endswith("line 7 is used")
    assert bit("row", "row_length") == 1


def test_every_offer_field_is_stored():
    assert set(FIELDS) >= {"sku", "ean", "price", "quantity", "grade", "shipping"}
