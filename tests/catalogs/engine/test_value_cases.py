"""Prices, stock and EANs as real shops export them, imported as a whole catalog."""

from pathlib import Path

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
