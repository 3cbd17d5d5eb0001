"""Parses amounts in any usual format exactly; never guesses a separator."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

import polars as pl

from app.catalogs.engine.validate.currency_names import (
    names_any_currency,
    names_currency,
)
from app.catalogs.engine.validate.piecewise import TEXT, piecewise
from app.catalogs.engine.validate.problem_types import MAX_CENTS

DecimalSeparator = Literal["comma", "point"]

_PLAIN = r"^[1-9][0-9]{0,6}(?:\.[0-9]{1,2})?$"
_PLAIN_WHOLE = r"^[1-9][0-9]{0,6}$"
_MINUS = r"\x{2212}-"
_GAPS = r"\s'\x{2018}\x{2019}\x{02BC}\x{00B4}`"
_NAME = rf"[^0-9.,+{_GAPS}{_MINUS}]*(?:\pL\.)?"
_PARTS = (
    rf"^(?P<minus>[+{_MINUS}]?)\s*(?P<before>{_NAME})\s*(?P<minus2>[+{_MINUS}]?)\s*"
    rf"(?P<number>[0-9](?:[0-9.,{_GAPS}]*[0-9])?)\s*(?P<after>{_NAME})$"
)
_DASH = r"[\x{2010}-\x{2015}\x{2212}-]"
_NO_CENTS = (rf"([0-9])\s?([.,])\s?{_DASH}{{1,2}}([^0-9]*)$", "${1}${2}00${3}")
"""`12,-` and `1'299.-` are whole amounts, with a dash of any length."""
_NO_ORE = (rf"([0-9])\s?:\s?{_DASH}([^0-9]*)$", "${1},00${2}")
"""`1.299:-`, as Swedish shops write it."""
_GAPPED = rf"^[0-9]{{1,3}}(?:[{_GAPS}][0-9]{{3}})+(?:[.,][0-9]+)?$"
_INDIAN = r"^[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}$"
_THOUSAND_LIKE = r"^[1-9][0-9]{0,2}[.,][0-9]{3}$"
_LONGEST_WHOLE, _LONGEST_FRACTION = 12, 12
PARTS = 10**_LONGEST_FRACTION
"""Parts of 1 in an exact amount, so that steps see every decimal of the cell."""
CENT = PARTS // 100


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
    """How to parse one column. `separator` None: ambiguous amounts are a flaw.

    `exact`: number steps follow, which round at the end; fractions of a cent are no
    flaw, unless the separator is inferred and the amount may have thousands (`1.299`).
    """

    currency: str
    separator: DecimalSeparator | None = None
    zero_allowed: bool = False
    exact: bool = False
    inferred: bool = False


_AMOUNT = {"cents": pl.Int64(), "flaw": pl.Int64(), "evidence": pl.UInt8()}
AMOUNT = pl.Struct(_AMOUNT)
EXACT_AMOUNT = pl.Struct(_AMOUNT | {"parts": pl.Int128()})
"""`parts`: the amount in PARTS, null if it has a flaw; `cents` are rounded."""


def amount_type(rule: MoneyRule) -> pl.Struct:
    return EXACT_AMOUNT if rule.exact else AMOUNT


def money(text: pl.Expr, rule: MoneyRule) -> pl.Expr:
    """Parse a text column as a struct AMOUNT or EXACT_AMOUNT.

    Null texts give null cents and no flaw.
    """
    return piecewise(
        text,
        lambda t: _parse_plain(t, rule),
        lambda t: _parse_any(t, rule),
        amount_type(rule),
    )


def _parse_plain(text: pl.Expr, rule: MoneyRule) -> pl.Expr:
    """The common format: digits, optionally with a point and one or two decimals."""
    pattern = _PLAIN_WHOLE if rule.separator == "comma" else _PLAIN
    point = text.str.contains(".", literal=True)
    cents = (text.cast(pl.Float64, strict=False) * 100).round().cast(pl.Int64)
    amount = pl.struct(
        cents.alias("cents"),
        pl.lit(0, pl.Int64).alias("flaw"),
        (point.cast(pl.UInt8) * int(Evidence.POINT)).alias("evidence"),
        *([(cents.cast(pl.Int128) * CENT).alias("parts")] if rule.exact else []),
    )
    return pl.when(text.str.contains(pattern)).then(amount)


def _parse_any(texts: pl.DataFrame, rule: MoneyRule) -> pl.Series:
    """Any format. Several steps: planning one large expression takes longer to run."""
    parts, flaw, text = pl.col("parts"), pl.col("flaw"), pl.col(TEXT)
    too_low = (parts < 0) if rule.zero_allowed else (parts <= 0)
    cents = rounded(parts, CENT)
    return (
        _split_parts(texts, rule)
        .with_columns(parts=_parts(), flaw=_flaw(rule))
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
        .with_columns(parts=pl.when(flaw == 0).then(parts))
        .select(
            rounded(parts, CENT).cast(pl.Int64).alias("cents"),
            "flaw",
            _evidence(pl.col("number"), pl.col("separator"), rule.separator),
            *(["parts"] if rule.exact else []),
        )
        .to_struct()
    )


def rounded(parts: pl.Expr, unit: int) -> pl.Expr:
    """The number of units, half a unit rounds up."""
    return (parts * 2 + pl.lit(unit, pl.Int128)) // pl.lit(2 * unit, pl.Int128)


def _split_parts(texts: pl.DataFrame, rule: MoneyRule) -> pl.DataFrame:
    """Split into signs, currency names, decimal separator, and digits around it."""
    number, separator = pl.col("number"), pl.col("separator")
    whole, fraction = _split(number, separator)
    written = pl.col(TEXT).str.replace(*_NO_CENTS).str.replace(*_NO_ORE)
    return (
        texts.with_columns(written.str.extract_groups(_PARTS).alias("parts"))
        .unnest("parts")
        .with_columns(separator=_decimal_separator(number, rule.separator))
        .with_columns(whole=whole, fraction=fraction)
    )


def _parts() -> pl.Expr:
    """Decimals after the twelfth are cut off: they never change a rounded cent."""
    whole = pl.col("whole").str.slice(0, _LONGEST_WHOLE)
    fraction = pl.col("fraction").str.head(_LONGEST_FRACTION)
    digits = whole + fraction.str.pad_end(_LONGEST_FRACTION, "0")
    minus = (pl.col("minus") + pl.col("minus2")).str.contains(rf"[{_MINUS}]")
    return digits.cast(pl.Int128, strict=False) * pl.when(minus).then(-1).otherwise(1)


def _flaw(rule: MoneyRule) -> pl.Expr:
    number = pl.col("number")
    return (
        pl.when(number.is_null())
        .then(int(Flaw.FORMAT))
        .when(pl.col("whole").str.len_bytes() > _LONGEST_WHOLE)
        .then(int(Flaw.TOO_LARGE))
        .otherwise(
            _currency_flaw(pl.col("before"), rule.currency)
            | _currency_flaw(pl.col("after"), rule.currency)
            | _shape_flaw(number, pl.col("separator"), pl.col("fraction"), rule)
        )
    )


def _decimal_separator(number: pl.Expr, fixed: DecimalSeparator | None) -> pl.Expr:
    """`.` or `,` as decimal separator, empty for none, `?` if it is ambiguous."""
    dots = number.str.count_matches(".", literal=True)
    commas = number.str.count_matches(",", literal=True)
    single = dots + commas == 1
    only = pl.when(dots > 0).then(pl.lit(".")).otherwise(pl.lit(","))
    thousand_like = number.str.contains(_THOUSAND_LIKE)
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


def _shape_flaw(
    number: pl.Expr, separator: pl.Expr, fraction: pl.Expr, rule: MoneyRule
) -> pl.Expr:
    has_separator = separator.is_in([".", ","])
    body = (
        pl.when(has_separator).then(number.str.extract(r"^(.*)[.,]")).otherwise(number)
    )
    grouped = (
        body.str.contains(r"^[0-9]+$")
        | body.str.contains(r"^[0-9]{1,3}(?:\.[0-9]{3})+$")
        | body.str.contains(r"^[0-9]{1,3}(?:,[0-9]{3})+$")
        | body.str.contains(_INDIAN)
        | number.str.contains(_GAPPED)
    )
    too_fine = fraction.str.len_bytes() > 2  # noqa: PLR2004 - cents
    if rule.exact:
        too_fine &= number.str.contains(_THOUSAND_LIKE) & pl.lit(rule.inferred)
    repeats_separator = (separator != "") & body.str.contains(separator, literal=True)
    return (
        pl.when(separator == "?")
        .then(int(Flaw.AMBIGUOUS))
        .when(~grouped | repeats_separator)
        .then(int(Flaw.FORMAT))
        .when(too_fine)
        .then(int(Flaw.DECIMALS))
        .otherwise(0)
    )


def _evidence(
    number: pl.Expr, separator: pl.Expr, fixed: DecimalSeparator | None
) -> pl.Expr:
    clear = number.str.contains(r"[.,](?:[0-9]{1,2}|[0-9]{4,})$")
    clear &= pl.lit(fixed is None)
    return (
        pl.when(clear & (separator == ","))
        .then(int(Evidence.COMMA))
        .when(clear & (separator == "."))
        .then(int(Evidence.POINT))
        .otherwise(0)
        .cast(pl.UInt8)
        .alias("evidence")
    )


def _currency_flaw(text: pl.Expr, currency: str) -> pl.Expr:
    """0 for none or the store's currency, CURRENCY for another one, else FORMAT."""
    return (
        pl.when(names_currency(text, currency))
        .then(0)
        .when(names_any_currency(text))
        .then(int(Flaw.CURRENCY))
        .otherwise(int(Flaw.FORMAT))
    )
