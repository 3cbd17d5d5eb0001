"""Finds EANs that a spreadsheet rounded, by the zeros at the end of a whole column.

A spreadsheet saves 4006381001014 as 4.00638E+12, and the next one writes it as
4006380000000. One in ten of these has a valid check digit by chance. Of genuine EANs
one in ten thousand ends in four zeros, one in a million in six.
"""

import polars as pl

_FEWEST, _MORE, MOST = 4, 6, 8
"""Zeros at the end; an EAN with MOST of them is never genuine."""
_SEVERAL = 2
_ROWS_PER_FEWEST, _ROWS_PER_MORE = 500, 50_000
"""One more EAN is allowed for so many rows: twenty times what chance gives."""
_LENGTHS = (12, 14)


def ends_in_zeros(ean: pl.Expr, zeros: int) -> pl.Expr:
    """Whether a text of digits ends in that many zeros and is longer than a GTIN-8."""
    long = ean.str.len_bytes().is_between(*_LENGTHS)
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
