"""A mapping as column expressions: from the merchant's columns to attributes."""

import polars as pl

from app.catalogs.engine.reading import cell
from app.stores.mapping import AttributeSource, Mapping, template_parts

BLANKS = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\0\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
    "\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029"
    "\u202f\u205f\u2060\u3000\ufeff"
)
"""Signs that nobody sees at the edge of a value: spaces, zero-width, BOM."""


def mapped(mapping: Mapping) -> list[pl.Expr]:
    """One text column per mapped attribute; empty values are null."""
    return [
        attribute_text(source).alias(name)
        for name, source in sorted(mapping.attributes.items())
    ]


def attribute_text(source: AttributeSource) -> pl.Expr:
    """The trimmed value of one attribute, replaced and defaulted as mapped."""
    value = _given(source)
    if source.values:
        known = {_key(old): new.strip(BLANKS) for old, new in source.values.items()}
        replaced = _folded(value).replace_strict(
            list(known), list(known.values()), default=value, return_dtype=pl.String
        )
        value = _or_null(replaced)
    if source.default:
        value = value.fill_null(pl.lit(source.default.strip(BLANKS)))
    return value


def _given(source: AttributeSource) -> pl.Expr:
    if source.column:
        return trimmed(pl.col(cell(source.column)))
    if source.template:
        return trimmed(pl.concat_str(_pieces(source.template)))
    return pl.lit(str(source.constant).strip(BLANKS), pl.String)


def _pieces(template: str) -> list[pl.Expr]:
    pieces: list[pl.Expr] = []
    for text, name in template_parts(template):
        if text:
            pieces.append(pl.lit(text))
        if name:
            pieces.append(pl.col(cell(name)).fill_null(""))
    return pieces


def trimmed(value: pl.Expr) -> pl.Expr:
    """Without invisible signs around it; null when nothing is left."""
    return _or_null(value.str.strip_chars(BLANKS))


def _or_null(value: pl.Expr) -> pl.Expr:
    return pl.when(value != "").then(value)


def _folded(value: pl.Expr) -> pl.Expr:
    return value.str.to_lowercase()


def _key(value: str) -> str:
    return value.strip(BLANKS).lower()
