"""Validates EANs (GTIN-8, GTIN-12, GTIN-13) as column expressions."""

import polars as pl

from app.catalogs.engine.validate.problems import bit
from app.catalogs.engine.validate.rounded_eans import MOST, ends_in_zeros

_PADDED = 14
_LONGEST = 13
_SCIENTIFIC = r"^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+$"
_ODD, _GAPS, _DECIMALS = "[^0-9]", r"[\s-]", "[.,]0+$"
_LENGTHS = [8, 12, 13]


def canonical_gtin(text: pl.Expr) -> pl.Expr:
    """A padded GTIN-14 without its leading 0, any other text unchanged."""
    padded = text.str.len_bytes() == _PADDED
    return pl.when(padded).then(text.str.slice(1)).otherwise(text)


def gtin_text(text: pl.Expr) -> pl.Expr:
    """The digits of an EAN that was written with gaps, hyphens or decimals."""
    return text.map_batches(_digits, return_dtype=pl.String, is_elementwise=True)


def _digits(texts: pl.Series) -> pl.Series:
    odd = texts.str.contains(_ODD).fill_null(value=False).arg_true()
    if not len(odd):
        return texts
    written = texts.gather(odd)
    plain = written.str.replace_all(_GAPS, "").str.replace(_DECIMALS, "")
    is_digits = plain.str.contains("^[0-9]+$")
    return texts.scatter(odd, plain.zip_with(is_digits, written))


def gtin_problems(text: pl.Expr, rounded_zeros: int = MOST) -> pl.Expr:
    """The problem mask of an EAN, 0 if it is valid.

    `rounded_zeros`: how many zeros at the end give a rounded EAN away.
    """
    number = text.cast(pl.UInt64, strict=False)
    length = text.str.len_bytes()
    padded = (length == _PADDED) & text.str.starts_with("0")
    # A leading sign parses as part of a number, but is not a digit.
    shaped = (
        number.is_not_null()
        & (length.is_in(_LENGTHS) | padded)
        & ~text.str.starts_with("+")
    )
    return (
        pl.when(text.is_null())
        .then(bit("ean", "ean_missing"))
        .when(shaped & ends_in_zeros(text, rounded_zeros) & (number > 0))
        .then(bit("ean", "ean_rounded"))
        .when(shaped & _checks(number))
        .then(0)
        .when(shaped)
        .then(bit("ean", "ean_check_digit"))
        .when(text.str.contains(_SCIENTIFIC))
        .then(bit("ean", "ean_scientific"))
        .otherwise(bit("ean", "ean_format"))
        .cast(pl.Int64)
    )


def _checks(number: pl.Expr) -> pl.Expr:
    """GS1 General Specifications 7.9: alternating weights 1 and 3 from the right."""
    ones = pl.lit(0, pl.UInt64)
    threes = pl.lit(0, pl.UInt64)
    for position in range(_LONGEST):
        digit = (number // 10**position) % 10
        if position % 2:
            threes = threes + digit
        else:
            ones = ones + digit
    return ((ones + threes * 3) % 10 == 0) & (number > 0)
