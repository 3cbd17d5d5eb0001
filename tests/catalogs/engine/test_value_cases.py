"""Prices, stock and EANs as real shops export them, imported as a whole catalog."""

from pathlib import Path

import pytest
from stdnum import ean

from tests.catalogs.engine.conftest import Shop
from tests.catalogs.engine.samples import MAPPING, counted

CASES = Path(__file__).parents[1] / "cases"
STOCK = MAPPING | {"quantity": {"column": "stock"}}


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def test_oversold_and_sold_out_offers_have_a_quantity_of_0_and_a_note(shop: Shop):
    result = shop.upload(case("p05-oversold.csv"), mapping=STOCK)

    assert shop.offers("desired_state, quantity, problems > 0") == {
        "S1": ("active", 0, False),
        "S2": ("retained", None, True),
        "S3": ("active", 0, False),
    }
    assert shop.report() == [
        (2, "quantity", "quantity_negative", "-2"),
        (3, "quantity", "quantity_missing", None),
        (4, "quantity", "quantity_sold_out", "out of stock"),
    ]
    assert counted(result) == {"created": 2, "invalid": 1}


def test_a_note_is_reported_again_when_nothing_changed(shop: Shop):
    shop.upload(case("p05-oversold.csv"), mapping=STOCK)
    again = shop.upload(case("p05-oversold.csv"), mapping=STOCK)

    assert counted(again) == {"unchanged": 2, "invalid": 1}
    assert [code for _, _, code, _ in shop.report()] == [
        "quantity_negative",
        "quantity_missing",
        "quantity_sold_out",
    ]


def test_errors_come_before_notes_where_the_report_is_full(shop: Shop, stored):
    rows = "".join(f"N{n};4006381001014;1,00;-1;GOOD;Phones\n" for n in range(5))
    source = stored(f"sku;ean;price;stock;grade;category\n{rows}X;;;;;\n")
    limits = type(source.limits)(max_stored_problems=6)

    shop.upload("", mapping=STOCK, source=type(source)(source.path, limits=limits))

    assert [line for line, *_ in shop.report()] == [2, 7, 7, 7, 7, 7]


def test_amounts_without_cents_are_exact(shop: Shop):
    shop.upload(case("p20-dash-prices.csv"), mapping=STOCK)

    assert shop.offers("price::text") == {
        "S0": ("12.00",),
        "S1": ("12.00",),
        "S2": ("1299.00",),
    }


def test_net_prices_get_their_tax_before_they_are_rounded(shop: Shop):
    price = {"column": "price", "steps": [{"op": "multiply", "by": "1.2"}]}
    name = "p21-tax-excluded-6-decimals.csv"

    shop.upload(case(name), mapping=STOCK | {"price": price})

    assert shop.offers("price::text") == {"S1": ("329.00",), "S2": ("349.00",)}


def test_fractions_of_a_cent_are_never_rounded_unasked(shop: Shop):
    shop.upload(case("p21-tax-excluded-6-decimals.csv"), mapping=STOCK)

    assert {code for _, _, code, _ in shop.report()} == {"price_decimals"}


def test_eans_that_a_spreadsheet_protects_are_read(shop: Shop):
    shop.upload(case("p23-ean-wrapped.csv"), mapping=STOCK)

    assert shop.offers("ean, desired_state") == {
        "S1": ("4006381001014", "active"),
        "S2": ("4006381001021", "active"),
    }


PROTECTED = [
    pytest.param("'4006381001014", id="apostrophe"),
    pytest.param("'4006381001014'", id="apostrophes"),
    pytest.param('="4006381001014"', id="formula"),
    pytest.param('"=""4006381001014"""', id="formula in quotes"),
    pytest.param("4006381001014.0", id="decimal"),
    pytest.param("4006381001014,00", id="comma"),
    pytest.param("4 006381 001014", id="gaps"),
    pytest.param("4\u00a0006381\u00a0001014", id="no-break spaces"),
    pytest.param("4-006381-001014", id="hyphens"),
    pytest.param("'04006381001014", id="padded"),
]


@pytest.mark.parametrize("written", PROTECTED)
def test_an_ean_is_its_digits(shop: Shop, written: str):
    header = "sku;ean;price;stock;grade;category"
    shop.upload(f"{header}\nA;{written};1,00;1;GOOD;Phones\n", mapping=STOCK)

    assert shop.offers("ean, desired_state") == {"A": ("4006381001014", "active")}


def test_protection_is_removed_in_every_column(shop: Shop):
    header = "sku;ean;price;stock;grade;category;note"
    row = '\'0012;4006381001014;="1.299,00";\'3;="GOOD";="Phones";\'s-Gravenhage'
    mapping = STOCK | {"comment": {"column": "note"}}

    shop.upload(f"{header}\n{row}\n", mapping=mapping)

    assert shop.offers("price::text, quantity, grade, comment") == {
        "0012": ("1299.00", 3, "GOOD", "'s-Gravenhage")
    }


def test_eans_of_a_column_that_was_rounded_are_refused(shop: Shop):
    result = shop.upload(case("p25-ean-rounded.csv"), mapping=STOCK)

    assert result.counts.invalid == 5
    (note,) = result.detected.notes
    assert note.code == "eans_damaged"
    assert "5 EANs" in note.message
    assert {(field, code) for _, field, code, _ in shop.report()} == {
        ("ean", "ean_rounded")
    }


def with_eans(*eans: str) -> str:
    rows = (f"S{n};{e};1,00;1;GOOD;Phones\n" for n, e in enumerate(eans))
    return "sku;ean;price;stock;grade;category\n" + "".join(rows)


def genuine(number: int) -> str:
    body = f"40063810{number:04}"
    return body + ean.calc_check_digit(body)


ZEROS = "4006382300000"
"""Genuine, although it ends in five zeros."""


def test_a_genuine_ean_that_ends_in_zeros_is_taken(shop: Shop):
    eans = [ZEROS, ZEROS, ZEROS, "96380000", *(genuine(n) for n in range(1, 21))]

    result = shop.upload(with_eans(*eans), mapping=STOCK)

    assert ean.is_valid(ZEROS)
    assert "ean_rounded" not in result.problem_counts


def test_a_second_rounded_ean_marks_the_first_one_too(shop: Shop):
    """On the fast path, too: rows whose EAN may be rounded are always read."""
    eans = [ZEROS, *(genuine(n) for n in range(1, 21))]
    shop.upload(with_eans(*eans), mapping=STOCK)
    before = shop.offers("desired_state")["S0"]

    result = shop.upload(with_eans(*eans, "4006390010000"), mapping=STOCK)
    back = shop.upload(with_eans(*eans, genuine(99)), mapping=STOCK)

    assert before == ("active",)
    assert result.problem_counts == {"ean_rounded": 2}
    assert back.problem_counts == {}
    assert shop.offers("desired_state")["S0"] == ("active",)
