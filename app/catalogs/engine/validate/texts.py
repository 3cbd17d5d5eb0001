"""Texts as they are compared: without what nobody sees, in lower case."""

import polars as pl

BLANKS = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\0\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029"
    "\u202f\u205f\u2060\u3000\ufeff"
)
"""Signs that nobody sees at the edge of a value: spaces, zero-width, BOM."""


def trimmed(value: pl.Expr) -> pl.Expr:
    """Without invisible signs around it; null when nothing is left."""
    return or_null(value.str.strip_chars(BLANKS))


def or_null(value: pl.Expr) -> pl.Expr:
    """Null for an empty text."""
    return pl.when(value != "").then(value)


def folded(value: pl.Expr) -> pl.Expr:
    """As texts are compared, once trimmed."""
    return value.str.to_lowercase()


def key_of(value: str) -> str:
    """The same for a text of the mapping."""
    return value.strip(BLANKS).lower()


def looked_up(value: pl.Expr, values: dict[str, str], otherwise: pl.Expr) -> pl.Expr:
    """Whole values by others, ignoring case and outer spaces."""
    known = {key_of(old): new.strip(BLANKS) for old, new in values.items()}
    replaced = folded(value).replace_strict(
        list(known), list(known.values()), default=otherwise, return_dtype=pl.String
    )
    return or_null(replaced)
