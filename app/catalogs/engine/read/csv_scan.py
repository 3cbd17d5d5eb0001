"""Scans the lines of a CSV file: decides whether the fast reader can parse it."""

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.dialect import Dialect, Header

_MAX_IRREGULAR_LINES = 200_000


@dataclass(frozen=True, slots=True)
class CsvScan:
    """`is_plain`: every record is one line that the fast reader can parse.

    `ragged`: line numbers (1-based) with too many or too few cells, if plain.
    """

    is_plain: bool
    ragged: pl.Series


def scan_csv_lines(path: Path, dialect: Dialect, header: Header) -> CsvScan:
    """Check every line with a cheap pattern, then only the irregular ones in detail."""
    none = pl.Series("line", [], dtype=pl.UInt32)
    odd = _irregular_lines(path, dialect, header)
    if odd.height > _MAX_IRREGULAR_LINES:
        return CsvScan(is_plain=False, ragged=none)
    if odd.is_empty():
        return CsvScan(is_plain=True, ragged=none)
    if dialect.quote and not odd.select(_is_well_formed(dialect).all()).item():
        return CsvScan(is_plain=False, ragged=none)
    ragged = odd.filter(_has_wrong_length(dialect, header))["line"]
    return CsvScan(is_plain=True, ragged=ragged)


def _irregular_lines(path: Path, dialect: Dialect, header: Header) -> pl.DataFrame:
    """Lines without exactly `width` simple cells, with their 1-based number."""
    text = pl.col("text")
    plain = text.str.count_matches(dialect.separator, literal=True) == header.width - 1
    if dialect.quote:
        cells = f"(?:{dialect.separator_pattern}{dialect.cell})"
        plain = text.str.contains(rf"^{dialect.cell}{cells}{{{header.width - 1}}}$")
    # Trimming costs as much as counting: only irregular lines are trimmed.
    odd = (
        pl.scan_lines(path, name="text", row_index_name="line", row_index_offset=1)
        .slice(header.lines)
        .filter(~plain & (text != ""))
        .head(_MAX_IRREGULAR_LINES + 1)
        .collect(engine="streaming")
    )
    return odd.filter(text.str.strip_chars() != "")


def _is_well_formed(dialect: Dialect) -> pl.Expr:
    cell, separator = dialect.cell, dialect.separator_pattern
    return pl.col("text").str.contains(rf"^{cell}(?:{separator}{cell})*$")


def _has_wrong_length(dialect: Dialect, header: Header) -> pl.Expr:
    """Ignores trailing empty cells and unnamed columns of the header."""
    separator = dialect.separator
    bare = pl.col("text")
    if dialect.quote:
        # Replace each quoted cell, so that separators inside it are not counted.
        bare = bare.str.replace_all(dialect.quoted_cell, "q")
    cells = bare.str.count_matches(separator, literal=True) + 1
    filled = bare.str.replace(rf"(?:{re.escape(separator)}\s*)+$", "")
    filled_cells = filled.str.count_matches(separator, literal=True) + 1
    return (filled_cells > header.width) | (cells < header.named)
