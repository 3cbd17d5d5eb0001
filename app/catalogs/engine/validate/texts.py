"""Normalizes texts for comparison: trims invisible characters, ignores case."""

import polars as pl

BLANKS = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\0\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029"
    "\u202f\u205f\u2060\u3000\ufeff"
)
"""Invisible characters to trim: whitespace, zero-width characters, BOM."""


CONTROL = r"[\p{Cc}\x{FFFD}\x{FEFF}\x{200B}]"
"""Characters that no SKU and no carrier has."""


MAX_BYTES = 20_000
"""The longest text that steps of a mapping may build."""
TOO_LONG = f"\U0010fffdA step makes this text longer than {MAX_BYTES} bytes"
"""Begins with a character for private use, so that no merchant's text is equal."""


def is_too_long(text: pl.Expr) -> pl.Expr:
    """Whether a step of the mapping would have made the text too long."""
    return text == TOO_LONG


def trim(value: pl.Expr) -> pl.Expr:
    """Trim invisible characters; null if nothing is left."""
    return empty_to_null(value.str.strip_chars(BLANKS))


def empty_to_null(value: pl.Expr) -> pl.Expr:
    """Null for an empty text."""
    return pl.when(value != "").then(value)


def fold_case(value: pl.Expr) -> pl.Expr:
    """The form of a trimmed text that comparisons use."""
    return value.str.to_lowercase()


def sku_key(sku: pl.Expr) -> pl.Expr:
    """Normalize trimmed SKUs for comparison: NFC, lower case.

    Only texts with other characters than ASCII are normalized: it costs ten times as
    much as lower case.
    """
    composed = (
        pl.when(sku.str.len_bytes() != sku.str.len_chars())
        .then(sku.str.normalize("NFC"))
        .otherwise(sku)
    )
    return composed.str.to_lowercase()


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
