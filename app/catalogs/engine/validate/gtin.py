"""Validates EANs (GTIN-8, GTIN-12, GTIN-13) as column expressions.

A spreadsheet saves 4006381001014 as 4.00638E+12, and the next one writes it as
4006380000000. One in ten of these has a valid check digit by chance. Of genuine EANs
one in ten thousand ends in four zeros, one in a million in six.
"""

import polars as pl

from app.catalogs.engine.validate.problems import bit

_PADDED = 14
_LONGEST = 13
_SCIENTIFIC = r"^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+$"
_ODD, _GAPS, _DECIMALS = "[^0-9]", r"[\s-]", "[.,]0+$"
_LENGTHS = [8, 12, 13]

_FEWEST, _MORE, MOST = 4, 6, 8
"""Zeros at the end; an EAN with MOST of them is never genuine."""
_SEVERAL = 2
_ROWS_PER_FEWEST, _ROWS_PER_MORE = 500, 50_000
"""One more EAN is allowed for so many rows: twenty times what chance gives."""
_ROUNDED_LENGTHS = (12, 14)


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


def ends_in_zeros(ean: pl.Expr, zeros: int) -> pl.Expr:
    """Whether a text of digits ends in that many zeros and is longer than a GTIN-8."""
    long = ean.str.len_bytes().is_between(*_ROUNDED_LENGTHS)
    return (ean.str.ends_with("0" * zeros) & long).fill_null(value=False)


def candidate(ean: pl.Expr) -> pl.Expr:
    """The EAN as a number if a spreadsheet may have rounded it, else null."""
    number = ean.cast(pl.UInt64, strict=False)
    return pl.when(ends_in_zeros(ean, _FEWEST)).then(number)


def rounded_from(candidates: pl.Series, rows: int) -> int:
    """The number of zeros from which an EAN of this column counts as rounded.

    Several different EANs are needed: offers of one product share its EAN.
    """
    found = candidates.drop_nulls().unique()
    if len(found) >= _SEVERAL + rows // _ROWS_PER_FEWEST:
        return _FEWEST
    round_ones = (found % 10**_MORE == 0).sum()
    return _MORE if round_ones >= _SEVERAL + rows // _ROWS_PER_MORE else MOST
