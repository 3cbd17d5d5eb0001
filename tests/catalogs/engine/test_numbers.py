"""Quantities, warranties, yes and no; EANs against python-stdnum."""

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import ean

from app.catalogs.engine.validate import numbers
from app.catalogs.engine.validate.gtin import MOST, canonical_gtin, gtin_problems
from app.catalogs.engine.validate.problems import problems_in


def read(reader, text: str | None) -> tuple[int | None, str | None]:
    column = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    result = column.select(reader(pl.col("text"))).to_series().to_list()[0]
    codes = [p.code for p in problems_in(result["problems"])]
    return result["value"], codes[0] if codes else None


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        pytest.param("5", 5, None, id="plain"),
        pytest.param("0", 0, None, id="none left"),
        pytest.param("5.0", 5, None, id="spreadsheet decimals"),
        pytest.param("5,00", 5, None, id="comma decimals"),
        pytest.param("5 pcs", 5, None, id="pieces"),
        pytest.param("5 Stk.", 5, None, id="Stück"),
        pytest.param("10x", 10, None, id="times"),
        pytest.param("<5", None, "quantity_format", id="less than"),
        pytest.param("5+", None, "quantity_format", id="or more"),
        pytest.param("2.5", None, "quantity_format", id="a half"),
        pytest.param("1.000", None, "quantity_format", id="a thousand or one"),
        pytest.param("many", None, "quantity_format", id="words"),
        pytest.param("0.000", 0, None, id="no thousand begins with 0"),
        pytest.param("3.0000", 3, None, id="Magento"),
        pytest.param("12,000000", 12, None, id="six zeros"),
        pytest.param("3.0001", None, "quantity_format", id="a bit more"),
        pytest.param("3.5000", None, "quantity_format", id="a half of Magento"),
        pytest.param("1,000", None, "quantity_format", id="one thousand or one"),
        pytest.param("1 000", 1000, None, id="gap"),
        pytest.param("1\u202f000 Stk.", 1000, None, id="narrow gap"),
        pytest.param("1'000.00", 1000, None, id="Swiss"),
        pytest.param("-3", -3, "quantity_negative", id="negative"),
        pytest.param("-3 pcs", -3, "quantity_negative", id="negative pieces"),
        pytest.param("\u22122.0000", -2, "quantity_negative", id="Magento negative"),
        pytest.param("-2.5", None, "quantity_format", id="minus two and a half"),
        pytest.param("-0", 0, None, id="minus zero"),
        pytest.param("sold out", 0, "quantity_sold_out", id="sold out"),
        pytest.param("Out of Stock", 0, "quantity_sold_out", id="out of stock"),
        pytest.param("out_of_stock", 0, "quantity_sold_out", id="Google"),
        pytest.param("outofstock", 0, "quantity_sold_out", id="WooCommerce"),
        pytest.param(
            "https://schema.org/OutOfStock", 0, "quantity_sold_out", id="schema.org"
        ),
        pytest.param("AUSVERKAUFT!", 0, "quantity_sold_out", id="ausverkauft"),
        pytest.param("nicht vorraetig", None, "quantity_format", id="unknown words"),
        pytest.param("Rupture de stock", 0, "quantity_sold_out", id="rupture"),
        pytest.param("épuisé", 0, "quantity_sold_out", id="épuisé"),
        pytest.param("EPUISE", 0, "quantity_sold_out", id="without accents"),
        pytest.param("e\u0301puise\u0301", 0, "quantity_sold_out", id="decomposed"),
        pytest.param("agotado", 0, "quantity_sold_out", id="agotado"),
        pytest.param("esaurito", 0, "quantity_sold_out", id="esaurito"),
        pytest.param("uitverkocht", 0, "quantity_sold_out", id="uitverkocht"),
        pytest.param("esgotado", 0, "quantity_sold_out", id="esgotado"),
        pytest.param("slutsåld", 0, "quantity_sold_out", id="slutsåld"),
        pytest.param("vypredané", 0, "quantity_sold_out", id="vypredané"),
        pytest.param("εξαντλήθηκε", 0, "quantity_sold_out", id="Greek"),
        pytest.param("在庫なし", 0, "quantity_sold_out", id="Japanese"),
        pytest.param("in stock", None, "quantity_format", id="in stock"),
        pytest.param("auf Lager", None, "quantity_format", id="auf Lager"),
        pytest.param("en stock", None, "quantity_format", id="en stock"),
        pytest.param("preorder", None, "quantity_format", id="preorder"),
        pytest.param("TRUE", None, "quantity_format", id="a boolean"),
        pytest.param("no", None, "quantity_format", id="no"),
        pytest.param("1000001", None, "quantity_too_large", id="too large"),
        pytest.param(None, None, "quantity_missing", id="missing"),
    ],
)
def test_a_quantity_is_a_whole_number_of_pieces(text, value, code):
    assert read(numbers.quantity, text) == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        pytest.param("24", 24, None, id="months"),
        pytest.param("24 months", 24, None, id="with unit"),
        pytest.param("2 years", 24, None, id="years"),
        pytest.param("2 ans", 24, None, id="ans"),
        pytest.param("2 Jahre", 24, None, id="Jahre"),
        pytest.param("1 an", 12, None, id="shortest"),
        pytest.param("6", None, "warranty_too_short", id="short"),
        pytest.param("20 years", None, "warranty_too_long", id="long"),
        pytest.param("lifetime", None, "warranty_format", id="words"),
        pytest.param(None, None, None, id="not given"),
    ],
)
def test_a_warranty_is_read_in_months(text, value, code):
    assert read(numbers.warranty, text) == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        pytest.param("TRUE", 1, None, id="true"),
        pytest.param("no", 0, None, id="no"),
        pytest.param("perhaps", None, "boolean_format", id="neither"),
        pytest.param(None, None, None, id="not given"),
    ],
)
def test_booleans_have_few_spellings(text, value, code):
    assert read(numbers.boolean, text) == (value, code)


def ean_code(text: str | None) -> str | None:
    column = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    mask = column.select(gtin_problems(pl.col("text"))).item()
    codes = [p.code for p in problems_in(mask)]
    return codes[0] if codes else None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("4006381333931", None, id="GTIN-13"),
        pytest.param("036000291452", None, id="GTIN-12"),
        pytest.param("96385074", None, id="GTIN-8"),
        pytest.param("04006381333931", None, id="padded GTIN-14"),
        pytest.param("14006381333938", "ean_format", id="real GTIN-14"),
        pytest.param("4006381333930", "ean_check_digit", id="wrong digit"),
        pytest.param("0000000000000", "ean_check_digit", id="all zeros"),
        pytest.param("4,00638E+12", "ean_scientific", id="spreadsheet damage"),
        pytest.param("4006381", "ean_format", id="too short"),
        pytest.param("+96385074", "ean_format", id="a sign is no digit"),
        pytest.param("4006381333931.0", "ean_format", id="decimals"),
        pytest.param(None, "ean_missing", id="missing"),
    ],
)
def test_an_ean_is_a_gtin_with_a_valid_check_digit(text, code):
    assert ean_code(text) == code


@example(digits="5500000000000", repair=True)
@given(st.from_regex(r"\A(?:[0-9]{8}|[0-9]{12}|[0-9]{13}|0[0-9]{13})\Z"), st.booleans())
def test_python_stdnum_agrees_on_every_gtin(digits, repair):
    if repair:
        digits = digits[:-1] + ean.calc_check_digit(digits[:-1])

    good = ean.is_valid(digits) and set(digits) != {"0"}
    rounded = len(digits) > 8 and digits.endswith("0" * MOST) and int(digits) > 0

    assert (ean_code(digits) is None) == (good and not rounded)
    assert (ean_code(digits) == "ean_rounded") == rounded


def test_a_padded_gtin_14_becomes_the_gtin_13():
    column = pl.DataFrame({"text": ["04006381333931", "96385074"]})

    canonical = column.select(canonical_gtin(pl.col("text"))).to_series().to_list()

    assert canonical == ["4006381333931", "96385074"]
