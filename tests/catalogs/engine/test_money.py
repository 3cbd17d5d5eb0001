"""Amounts as merchants write them."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogs.engine.validate.money import (
    DecimalSeparator,
    Evidence,
    Flaw,
    MoneyRule,
    money,
)


def read_money(texts: pl.Series, rule: MoneyRule) -> pl.Series:
    return texts.to_frame("text").select(money(pl.col("text"), rule)).to_series()


def read(
    text: str | None, sign: DecimalSeparator | None = None, **rule
) -> tuple[int | None, int]:
    series = pl.Series([text], dtype=pl.String)
    amount = read_money(series, MoneyRule("EUR", sign, **rule)).to_list()[0]
    return amount["cents"], amount["flaw"]


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        pytest.param("1299", 129900, id="whole"),
        pytest.param("1299.5", 129950, id="one decimal"),
        pytest.param("1.299,00 EUR", 129900, id="European with code"),
        pytest.param("€ 1,299.00", 129900, id="English with symbol"),
        pytest.param("1 299,00 €", 129900, id="space"),
        pytest.param("1\u00a0299,00 €", 129900, id="no-break space"),
        pytest.param("1\u202f299,00\u202f€", 129900, id="narrow no-break space"),
        pytest.param("1'299.00", 129900, id="Swiss apostrophe"),
        pytest.param("1\u2019299.00", 129900, id="typographic apostrophe"),
        pytest.param("EUR 12", 1200, id="code in front"),
        pytest.param("12 euros", 1200, id="word"),
        pytest.param("€5€", 500, id="symbol twice"),
        pytest.param("1.299.000", 129900000, id="two groups"),
        pytest.param("12,5", 1250, id="one comma decimal"),
        pytest.param("1299.000", 129900, id="zeros beyond cents"),
        pytest.param("0.50", 50, id="below one"),
        pytest.param("007", 700, id="leading zeros"),
        pytest.param("9999999.99", 999999999, id="largest"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_amounts_are_parsed_exactly(text, cents):
    assert read(text) == (cents, 0)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        pytest.param("12.00 £", Flaw.CURRENCY, id="other symbol"),
        pytest.param("5 USD", Flaw.CURRENCY, id="other code"),
        pytest.param("5 apples", Flaw.FORMAT, id="other word"),
        pytest.param("1.299", Flaw.AMBIGUOUS, id="a thousand or 1.30, point"),
        pytest.param("1,299", Flaw.AMBIGUOUS, id="a thousand or 1.30, comma"),
        pytest.param("12.345,678", Flaw.DECIMALS, id="three decimals"),
        pytest.param("0.999", Flaw.DECIMALS, id="three decimals below one"),
        pytest.param("-5", Flaw.NOT_POSITIVE, id="negative"),
        pytest.param("\u22125", Flaw.NOT_POSITIVE, id="negative, typographic"),
        pytest.param("0", Flaw.NOT_POSITIVE, id="zero"),
        pytest.param("10000000", Flaw.TOO_LARGE, id="too large"),
        pytest.param("9" * 30, Flaw.TOO_LARGE, id="absurd"),
        pytest.param("12.", Flaw.FORMAT, id="sign at the end"),
        pytest.param("1.2.3", Flaw.FORMAT, id="a version"),
        pytest.param("1.234,567,00", Flaw.FORMAT, id="muddled groups"),
        pytest.param("12 34", Flaw.FORMAT, id="two numbers"),
        pytest.param("1e3", Flaw.FORMAT, id="exponent"),
        pytest.param("free", Flaw.FORMAT, id="words"),
        pytest.param("NaN", Flaw.FORMAT, id="not a number"),
        pytest.param("inf", Flaw.FORMAT, id="infinite"),
    ],
)
def test_an_ambiguous_amount_is_a_flaw(text, flaw):
    assert read(text) == (None, flaw)


@pytest.mark.parametrize(
    ("text", "sign", "cents", "flaw"),
    [
        pytest.param("1.299", "comma", 129900, 0, id="point groups"),
        pytest.param("1,299", "point", 129900, 0, id="comma groups"),
        pytest.param("1.299", "point", None, Flaw.DECIMALS, id="three decimals"),
        pytest.param("1.290", "point", 129, 0, id="a zero too many"),
    ],
)
def test_a_stated_decimal_separator_resolves_ambiguity(text, sign, cents, flaw):
    assert read(text, sign) == (cents, flaw)


def test_a_shipping_price_may_be_zero():
    assert read("0", zero_allowed=True) == (0, 0)
    assert read("-1", zero_allowed=True) == (None, Flaw.NOT_POSITIVE)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        pytest.param("12,50", Evidence.COMMA, id="comma"),
        pytest.param("12.50", Evidence.POINT, id="point"),
        pytest.param("1.299,5 €", Evidence.COMMA, id="written"),
        pytest.param("12", 0, id="no sign"),
        pytest.param("1.299", 0, id="in doubt"),
    ],
)
def test_short_decimals_determine_the_separator_of_the_column(text, evidence):
    rows = read_money(pl.Series([text]), MoneyRule("EUR")).to_list()

    assert rows[0]["evidence"] == evidence


STYLES = {
    "English": (",", "."),
    "European": (".", ","),
    "French": ("\u202f", ","),
    "Swiss": ("'", "."),
}


@given(
    cents=st.integers(1, 999_999_999),
    style=st.sampled_from(sorted(STYLES)),
    frame=st.sampled_from(["{}", "{} €", "EUR {}", "€{}", "{}\u00a0eur"]),
)
def test_an_amount_is_parsed_in_every_style(cents, style, frame):
    group, point = STYLES[style]
    written = f"{Decimal(cents) / 100:,.2f}"
    written = written.replace(",", "\0").replace(".", point).replace("\0", group)

    assert read(frame.format(written)) == (cents, 0)


@given(st.lists(st.text(alphabet="0123456789.,' €$-EUR", max_size=9), max_size=6))
@settings(max_examples=60)
def test_a_value_is_parsed_independently_of_others(texts):
    together = read_money(pl.Series(texts, dtype=pl.String), MoneyRule("EUR")).to_list()

    assert [(a["cents"], a["flaw"]) for a in together] == [read(t) for t in texts]
    assert all((a["cents"] is None) == (a["flaw"] != 0) for a in together)
