"""Parses amounts in any usual format into exact cents; never guesses a separator."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

import polars as pl

from app.catalogs.engine.validate.piecewise import TEXT, piecewise
from app.catalogs.engine.validate.problems import MAX_CENTS

DecimalSeparator = Literal["comma", "point"]

_PLAIN = r"^[1-9][0-9]{0,6}(?:\.[0-9]{1,2})?$"
_PLAIN_WHOLE = r"^[1-9][0-9]{0,6}$"
_MINUS = r"\x{2212}-"
_GAPS = r"\s'\x{2019}"
_NAME = rf"[^0-9.,+{_GAPS}{_MINUS}]*"
_PARTS = (
    rf"^(?P<minus>[+{_MINUS}]?)\s*(?P<before>{_NAME})\s*(?P<minus2>[+{_MINUS}]?)\s*"
    rf"(?P<number>[0-9](?:[0-9.,{_GAPS}]*[0-9])?)\s*(?P<after>{_NAME})$"
)
_GAPPED = rf"^[0-9]{{1,3}}(?:[{_GAPS}][0-9]{{3}})+(?:[.,][0-9]+)?$"
_LONGEST_WHOLE = 12

_SYMBOLS = {
    "€": ("EUR",),
    "EURO": ("EUR",),
    "EUROS": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"),
    "US$": ("USD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "₩": ("KRW",),
    "KR": ("SEK", "DKK", "NOK"),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "LEI": ("RON",),
    "FR": ("CHF",),
    "SFR": ("CHF",),
}
_CODES = frozenset(
    (
        *("EUR", "GBP", "USD", "CAD", "AUD", "NZD", "JPY", "CNY", "KRW", "SEK", "DKK"),
        *("NOK", "PLN", "CZK", "HUF", "RON", "CHF", "BGN", "MXN", "BRL", "INR", "TRY"),
        *("ILS", "ZAR", "SGD", "HKD", "AED"),
    )
)


class Flaw(IntFlag):
    """Problems of an amount, in the order of their bits in `problems`."""

    FORMAT = 1
    AMBIGUOUS = 2
    DECIMALS = 4
    NOT_POSITIVE = 8
    TOO_LARGE = 16
    CURRENCY = 32


class Evidence(IntFlag):
    """Evidence of a value for the decimal separator of its column."""

    COMMA = 1
    POINT = 2


@dataclass(frozen=True, slots=True)
class MoneyRule:
    """How to parse one column. `separator` None: ambiguous amounts are a flaw."""

    currency: str
    separator: DecimalSeparator | None = None
    zero_allowed: bool = False


AMOUNT = pl.Struct({"cents": pl.Int64, "flaw": pl.Int64, "evidence": pl.UInt8})


def money(text: pl.Expr, rule: MoneyRule) -> pl.Expr:
    """Parse a text column as a struct AMOUNT; null texts give null cents, no flaw."""
    return piecewise(
        text, lambda t: _parse_plain(t, rule), lambda t: _parse_any(t, rule), AMOUNT
    )


def _parse_plain(text: pl.Expr, rule: MoneyRule) -> pl.Expr:
    """The common format: digits, optionally with a point and one or two decimals."""
    pattern = _PLAIN_WHOLE if rule.separator == "comma" else _PLAIN
    point = text.str.contains(".", literal=True)
    amount = pl.struct(
        (text.cast(pl.Float64, strict=False) * 100)
        .round()
        .cast(pl.Int64)
        .alias("cents"),
        pl.lit(0, pl.Int64).alias("flaw"),
        (point.cast(pl.UInt8) * int(Evidence.POINT)).alias("evidence"),
    )
    return pl.when(text.str.contains(pattern)).then(amount)


def _parse_any(texts: pl.DataFrame, rule: MoneyRule) -> pl.Series:
    """Any format. Several steps: planning one large expression takes longer to run."""
    cents, flaw, text = pl.col("cents"), pl.col("flaw"), pl.col(TEXT)
    too_low = (cents < 0) if rule.zero_allowed else (cents <= 0)
    return (
        _split_parts(texts, rule)
        .with_columns(cents=_cents(), flaw=_flaw(rule.currency))
        .with_columns(
            flaw=pl.when(text.is_null())
            .then(0)
            .when(flaw != 0)
            .then(flaw)
            .when(too_low)
            .then(int(Flaw.NOT_POSITIVE))
            .when(cents > MAX_CENTS)
            .then(int(Flaw.TOO_LARGE))
            .otherwise(0)
        )
        .with_columns(cents=pl.when(flaw == 0).then(cents))
        .select(
            "cents",
            "flaw",
            _evidence(pl.col("number"), pl.col("separator"), rule.separator),
        )
        .to_struct()
    )


def _split_parts(texts: pl.DataFrame, rule: MoneyRule) -> pl.DataFrame:
    """Split into signs, currency names, decimal separator, and digits around it."""
    number, separator = pl.col("number"), pl.col("separator")
    whole, fraction = _split(number, separator)
    return (
        texts.with_columns(pl.col(TEXT).str.extract_groups(_PARTS).alias("parts"))
        .unnest("parts")
        .with_columns(separator=_decimal_separator(number, rule.separator))
        .with_columns(whole=whole, fraction=fraction)
    )


def _cents() -> pl.Expr:
    whole = pl.col("whole").str.slice(0, _LONGEST_WHOLE)
    digits = whole + pl.col("fraction").str.pad_end(2, "0").str.head(2)
    minus = (pl.col("minus") + pl.col("minus2")).str.contains(rf"[{_MINUS}]")
    return digits.cast(pl.Int64, strict=False) * pl.when(minus).then(-1).otherwise(1)


def _flaw(currency: str) -> pl.Expr:
    number = pl.col("number")
    return (
        pl.when(number.is_null())
        .then(int(Flaw.FORMAT))
        .when(pl.col("whole").str.len_bytes() > _LONGEST_WHOLE)
        .then(int(Flaw.TOO_LARGE))
        .otherwise(
            _currency_flaw(pl.col("before"), currency)
            | _currency_flaw(pl.col("after"), currency)
            | _shape_flaw(number, pl.col("separator"), pl.col("fraction"))
        )
    )


def _decimal_separator(number: pl.Expr, fixed: DecimalSeparator | None) -> pl.Expr:
    """`.` or `,` as decimal separator, empty for none, `?` if it is ambiguous."""
    dots = number.str.count_matches(".", literal=True)
    commas = number.str.count_matches(",", literal=True)
    single = dots + commas == 1
    only = pl.when(dots > 0).then(pl.lit(".")).otherwise(pl.lit(","))
    thousand_like = number.str.contains(r"^[1-9][0-9]{0,2}[.,][0-9]{3}$")
    unclear = {
        None: pl.lit("?"),
        "comma": pl.when(only == ",").then(pl.lit(",")).otherwise(pl.lit("")),
        "point": pl.when(only == ".").then(pl.lit(".")).otherwise(pl.lit("")),
    }[fixed]
    return (
        pl.when(dots + commas == 0)
        .then(pl.lit(""))
        .when((dots > 0) & (commas > 0))
        .then(number.str.extract(r"([.,])[^.,]*$"))
        .when(single & thousand_like)
        .then(unclear)
        .when(single)
        .then(only)
        .otherwise(pl.lit(""))
    )


def _split(number: pl.Expr, separator: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Digits before and after the decimal separator, without insignificant zeros."""
    has_separator = separator.is_in([".", ","])
    body = (
        pl.when(has_separator).then(number.str.extract(r"^(.*)[.,]")).otherwise(number)
    )
    tail = pl.when(has_separator).then(number.str.extract(r"[.,]([0-9]*)$"))
    whole = body.str.replace_all(r"[^0-9]", "").str.strip_chars_start("0")
    return (
        pl.when(whole == "").then(pl.lit("0")).otherwise(whole),
        tail.fill_null("").str.strip_chars_end("0"),
    )


def _shape_flaw(number: pl.Expr, separator: pl.Expr, fraction: pl.Expr) -> pl.Expr:
    has_separator = separator.is_in([".", ","])
    body = (
        pl.when(has_separator).then(number.str.extract(r"^(.*)[.,]")).otherwise(number)
    )
    grouped = (
        body.str.contains(r"^[0-9]+$")
        | body.str.contains(r"^[0-9]{1,3}(?:\.[0-9]{3})+$")
        | body.str.contains(r"^[0-9]{1,3}(?:,[0-9]{3})+$")
        | number.str.contains(_GAPPED)
    )
    repeats_separator = (separator != "") & body.str.contains(separator, literal=True)
    return (
        pl.when(separator == "?")
        .then(int(Flaw.AMBIGUOUS))
        .when(~grouped | repeats_separator)
        .then(int(Flaw.FORMAT))
        .when(fraction.str.len_bytes() > 2)  # noqa: PLR2004 - cents
        .then(int(Flaw.DECIMALS))
        .otherwise(0)
    )


def _evidence(
    number: pl.Expr, separator: pl.Expr, fixed: DecimalSeparator | None
) -> pl.Expr:
    short = number.str.contains(r"[.,][0-9]{1,2}$") & pl.lit(fixed is None)
    return (
        pl.when(short & (separator == ","))
        .then(int(Evidence.COMMA))
        .when(short & (separator == "."))
        .then(int(Evidence.POINT))
        .otherwise(0)
        .cast(pl.UInt8)
        .alias("evidence")
    )


def _currency_flaw(text: pl.Expr, currency: str) -> pl.Expr:
    """0 for none or the store's currency, CURRENCY for another one, else FORMAT."""
    name = text.fill_null("").str.to_uppercase()
    own = ["", currency, *(s for s, codes in _SYMBOLS.items() if currency in codes)]
    return (
        pl.when(name.is_in(own))
        .then(0)
        .when(name.is_in([*_SYMBOLS, *_CODES]))
        .then(int(Flaw.CURRENCY))
        .otherwise(int(Flaw.FORMAT))
    )
