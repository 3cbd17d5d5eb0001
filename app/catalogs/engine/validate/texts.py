"""Normalizes texts for comparison: trims invisible characters, ignores case."""

import polars as pl

BLANKS = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\0\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029"
    "\u202f\u205f\u2060\u3000\ufeff"
)
"""Invisible characters to trim: whitespace, zero-width characters, BOM."""


def trim(value: pl.Expr) -> pl.Expr:
    """Trim invisible characters; null if nothing is left."""
    return empty_to_null(value.str.strip_chars(BLANKS))


def empty_to_null(value: pl.Expr) -> pl.Expr:
    """Null for an empty text."""
    return pl.when(value != "").then(value)


def fold_case(value: pl.Expr) -> pl.Expr:
    """The form of a trimmed text that comparisons use."""
    return value.str.to_lowercase()


def lookup_key(value: str) -> str:
    """Like `fold_case`, for a text of the mapping."""
    return value.strip(BLANKS).lower()


def replace_values(value: pl.Expr, values: dict[str, str], default: pl.Expr) -> pl.Expr:
    """Replace whole values, ignoring case and surrounding whitespace."""
    known = {lookup_key(old): new.strip(BLANKS) for old, new in values.items()}
    replaced = fold_case(value).replace_strict(
        list(known), list(known.values()), default=default, return_dtype=pl.String
    )
    return empty_to_null(replaced)
