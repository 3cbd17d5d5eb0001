"""Reads cells of source columns: trimmed, without the protection of spreadsheets.

Shops write `="4006381001014"` or `'4006381001014`, so that a spreadsheet keeps all
digits. Neither is part of the value.
"""

import polars as pl

from app.catalogs.engine.read.frames import cell
from app.catalogs.engine.validate.texts import trim

_AS_FORMULA = r'^="(.*)"$'
_AS_TEXT = r"^'([+-]?[0-9][0-9.,\s/-]*)'?$"
"""Only before a number: `'s-Hertogenbosch` and `'90s case` keep their apostrophe."""


def cell_text(name: str) -> pl.Expr:
    """The trimmed cell of a source column, null if empty."""
    return clean_text(pl.col(cell(name)))


def clean_text(raw: pl.Expr) -> pl.Expr:
    """The trimmed text of a raw cell, null if empty."""
    return unprotected(trim(raw))


def unprotected(text: pl.Expr) -> pl.Expr:
    """Trimmed texts without the protection, trimmed; only few columns have any."""
    return text.map_batches(_unprotected, return_dtype=pl.String, is_elementwise=True)


def _unprotected(texts: pl.Series) -> pl.Series:
    formulas, numbers = _begin_with(texts, "="), _begin_with(texts, "'")
    if not (formulas.any() or numbers.any()):
        return texts
    rows = (formulas | numbers).arg_true()
    bare = texts.gather(rows).str.replace(_AS_TEXT, "$1").str.replace(_AS_FORMULA, "$1")
    bare = bare.str.replace_all('""', '"', literal=True)
    trimmed = bare.to_frame("").select(trim(pl.col(""))).to_series()
    return texts.scatter(rows, trimmed)


def _begin_with(texts: pl.Series, mark: str) -> pl.Series:
    """Three times as fast as looking at the first character of each text."""
    return (texts >= mark) & (texts < chr(ord(mark) + 1))
