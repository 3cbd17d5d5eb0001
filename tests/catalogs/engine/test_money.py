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
        pytest.param("12.-", 1200, id="dash after a point"),
        pytest.param("12,-", 1200, id="dash after a comma"),
        pytest.param("12,--", 1200, id="two dashes"),
        pytest.param("€ 1.299,-", 129900, id="dash with groups"),
        pytest.param("1'299.\u2013", 129900, id="Swiss with a dash"),
        pytest.param("EUR 12.\u2014", 1200, id="long dash"),
        pytest.param("1.299,- €", 129900, id="dash before the symbol"),
        pytest.param("1.299:-", 129900, id="Swedish"),
        pytest.param("1 299:-", 129900, id="Swedish with a gap"),
        pytest.param("329.000000", 32900, id="six zeros"),
        pytest.param("329.0000", 32900, id="Magento"),
        pytest.param("1,29,999.00", 12999900, id="Indian groups"),
        pytest.param("12,34,567", 123456700, id="Indian groups, whole"),
        pytest.param("1\u2009299.50", 129950, id="thin space"),
        pytest.param("1\u02bc299.50", 129950, id="letter apostrophe"),
        pytest.param("1\u00b4299,50", 129950, id="acute as apostrophe"),
        pytest.param("1 234 567,80", 123456780, id="two gaps"),
        pytest.param("99,- Eur.", 9900, id="abbreviated name"),
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
        pytest.param("12.-5", Flaw.FORMAT, id="dash inside"),
        pytest.param("12-", Flaw.FORMAT, id="minus at the end"),
        pytest.param(".50", Flaw.FORMAT, id="no digit before the point"),
        pytest.param("1,29,99.00", Flaw.FORMAT, id="muddled Indian groups"),
        pytest.param("274.166667", Flaw.DECIMALS, id="net price"),
        pytest.param("Fr. 12.-", Flaw.CURRENCY, id="francs"),
        pytest.param("1.299,00 kr.", Flaw.CURRENCY, id="crowns"),
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
        pytest.param("274.166667", Evidence.POINT, id="many decimals"),
        pytest.param("12,-", Evidence.COMMA, id="dash"),
    ],
)
def test_short_decimals_determine_the_separator_of_the_column(text, evidence):
    rows = read_money(pl.Series([text]), MoneyRule("EUR")).to_list()

    assert rows[0]["evidence"] == evidence


def test_crowns_with_an_abbreviation_are_an_amount():
    amount = read_money(pl.Series(["1.299,00 kr.", "99:-"]), MoneyRule("SEK"))

    assert [a["cents"] for a in amount.to_list()] == [129900, 9900]


@pytest.mark.parametrize(
    ("text", "rule", "parts", "flaw"),
    [
        pytest.param("274.166667", {}, 274_166667_000000, 0, id="six decimals"),
        pytest.param("0.001", {}, 1_000_000_000, 0, id="below a cent"),
        pytest.param("9.99", {}, 9_990000_000000, 0, id="plain"),
        pytest.param("1.5" + "3" * 20, {}, 1_533333_333333, 0, id="a double"),
        pytest.param("1.299", {"separator": "point"}, 1_299000_000000, 0, id="stated"),
        pytest.param(
            "1.299",
            {"separator": "point", "inferred": True},
            None,
            Flaw.DECIMALS,
            id="a thousand, if the separator is only inferred",
        ),
        pytest.param("1.299", {}, None, Flaw.AMBIGUOUS, id="in doubt"),
    ],
)
def test_an_exact_amount_has_all_decimals(text, rule, parts, flaw):
    series = pl.Series([text], dtype=pl.String)
    amount = read_money(series, MoneyRule("EUR", exact=True, **rule)).to_list()[0]
    assert (amount["parts"], amount["flaw"]) == (parts, flaw)


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
