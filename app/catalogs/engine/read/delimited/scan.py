"""Scans the lines of a CSV file: decides whether the fast reader can parse it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.archives import BLOCK
from app.catalogs.engine.read.bounds import (
    MAX_CELL_LENGTH,
    MAX_RECORD_LENGTH,
    cell_too_large,
    record_too_large,
)
from app.catalogs.engine.read.delimited.dialect import Dialect
from app.catalogs.engine.read.delimited.header import Header
from app.catalogs.engine.read.delimited.rows import is_row
from app.catalogs.engine.read.passes import collected

_MAX_IRREGULAR_LINES = 200_000
_MAX_PATTERN_CELLS = 200
"""Widest header whose cells are counted by one pattern."""
_MAX_CANDIDATES = 10_000


def _no_lines() -> pl.Series:
    return pl.Series("line", [], dtype=pl.UInt32)


@dataclass(frozen=True, slots=True)
class CsvScan:
    """`is_plain`: the fast reader parses every record as it is meant.

    `ragged`: line numbers (1-based) of records with too many or too few cells, if
    plain. `starts`: line numbers of all records, if some have several lines.
    """

    is_plain: bool
    ragged: pl.Series = field(default_factory=_no_lines)
    starts: pl.Series | None = None


def require_short_lines(path: Path) -> None:
    """Raise CatalogRejectedError, `record_too_large`, before a line is in memory."""
    length = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            end = block.find(b"\n")
            length += len(block) if end < 0 else end
            if length > MAX_RECORD_LENGTH:
                raise record_too_large(f"{length} bytes without a line break")
            if end >= 0:
                length = len(block) - block.rfind(b"\n") - 1


def scan_csv_lines(path: Path, dialect: Dialect, header: Header) -> CsvScan:
    """Check every line with a cheap pattern, then only the irregular ones in detail.

    Raises CatalogRejectedError, `cell_too_large`.
    """
    if dialect.is_padded:
        return CsvScan(is_plain=False)
    odd = _irregular_lines(path, dialect, header)
    if odd.is_empty():
        return CsvScan(is_plain=True)
    if dialect.quote and not odd.select(_is_well_formed(dialect).all()).item():
        return _scan_quoted(path, dialect, header)
    if odd.height > _MAX_IRREGULAR_LINES:
        return CsvScan(is_plain=False)
    ragged = odd.filter(_has_wrong_length(dialect, header))["line"]
    return CsvScan(is_plain=True, ragged=ragged)


def _lines(path: Path, header: Header) -> pl.LazyFrame:
    """`text` and the 1-based `line` of the lines below the header."""
    return pl.scan_lines(
        path, name="text", row_index_name="line", row_index_offset=1
    ).slice(header.lines)


def _irregular_lines(path: Path, dialect: Dialect, header: Header) -> pl.DataFrame:
    """Lines without exactly `width` simple cells, with their 1-based number."""
    text = pl.col("text")
    plain = text.str.count_matches(dialect.separator, literal=True) == header.width - 1
    if dialect.quote and header.width > _MAX_PATTERN_CELLS:
        plain &= ~text.str.contains(dialect.quote, literal=True)
    elif dialect.quote:
        cells = f"(?:{dialect.separator_pattern}{dialect.cell})"
        plain = text.str.contains(rf"^{dialect.cell}{cells}{{{header.width - 1}}}$")
    long = text.str.len_bytes() > MAX_CELL_LENGTH
    # Trimming costs as much as counting: only irregular lines are trimmed.
    odd = collected(
        _lines(path, header)
        .filter((~plain | long) & (text != ""))
        .head(_MAX_IRREGULAR_LINES + 1)
    )
    for line, long_text in odd.filter(long).iter_rows():
        _require_small_cells(line, long_text, dialect)
    return odd.filter(text.str.strip_chars() != "")


def _require_small_cells(line: int, text: str, dialect: Dialect) -> None:
    cells = next(dialect.rows([text]), [])
    if any(len(cell) > MAX_CELL_LENGTH for cell in cells):
        raise cell_too_large(f"line {line}")


def _is_well_formed(dialect: Dialect) -> pl.Expr:
    cell, separator = dialect.cell, dialect.separator_pattern
    return pl.col("text").str.contains(rf"^{cell}(?:{separator}{cell})*$")


def _has_wrong_length(dialect: Dialect, header: Header) -> pl.Expr:
    """Ignores unnamed columns, and surplus empty cells that the file always has."""
    bare = pl.col("text")
    if dialect.quote:
        # Replace each quoted cell, so that separators inside it are not counted.
        bare = bare.str.replace_all(dialect.quoted_cell, "q")
    return _is_wrong(
        _count(bare, dialect), _count(_filled(bare, dialect), dialect), header
    )


def _count(bare: pl.Expr, dialect: Dialect) -> pl.Expr:
    return bare.str.count_matches(dialect.separator, literal=True) + 1


def _filled(bare: pl.Expr, dialect: Dialect) -> pl.Expr:
    return bare.str.replace(rf"(?:{re.escape(dialect.separator)}\s*)+$", "")


def _is_wrong(cells: pl.Expr, filled: pl.Expr, header: Header) -> pl.Expr:
    has_surplus = (cells > header.width + header.surplus) | (filled > header.width)
    return has_surplus | (cells < header.named)


def _scan_quoted(path: Path, dialect: Dialect, header: Header) -> CsvScan:
    """Check records of several lines: which lines begin inside a quoted cell.

    Plain only if every line is well-formed for where it begins, and no quoted cell
    contains lines that look like rows (RFC 4180, section 2).
    """
    quote = dialect.quote
    all_lines = collected(
        _lines(path, header).select(
            "line",
            bytes=pl.col("text").str.len_bytes(),
            quotes=pl.col("text").str.count_matches(quote, literal=True),
            separators=pl.col("text").str.count_matches(
                dialect.separator, literal=True
            ),
        )
    )
    parity = pl.col("quotes").cum_sum() % 2
    inside = (parity.shift(1, fill_value=0) == 1).alias("inside")
    lines = all_lines.with_columns(inside)
    if all_lines["quotes"].sum() % 2 or not _fit(path, dialect, header, lines):
        return CsvScan(is_plain=False)
    starts = lines.filter(~pl.col("inside"))["line"]
    ragged = _ragged(path, dialect, header, lines)
    if ragged is None:
        return CsvScan(is_plain=False)
    return CsvScan(is_plain=True, ragged=ragged, starts=starts)


def _fit(path: Path, dialect: Dialect, header: Header, lines: pl.DataFrame) -> bool:
    """Whether all lines are well-formed, and none inside a cell looks like a row."""
    cell, sep, quote = dialect.cell, dialect.separator_pattern, dialect.quote
    text_inside = rf"(?:[^{quote}]|{quote}{quote})*"
    opened = rf"{quote}{text_inside}"
    outside = rf"^(?:{cell}{sep})*(?:{cell}|{opened})$"
    within = rf"^{text_inside}(?:{quote}(?:{sep}{cell})*(?:{sep}{opened})?)?$"
    text = pl.col("text")
    with_quotes = collected(
        _lines(path, header)
        .filter(text.str.contains(quote, literal=True))
        .select(
            "line", out=text.str.contains(outside), within=text.str.contains(within)
        )
    )
    inside = lines.filter(pl.col("quotes") > 0)["inside"]
    fits = with_quotes.select(
        pl.when(inside).then("within").otherwise("out").all()
    ).item()
    return fits and not _contains_rows(path, dialect, header, lines)


def _contains_rows(
    path: Path, dialect: Dialect, header: Header, lines: pl.DataFrame
) -> bool:
    """Whether a record of several lines consists of lines that are rows."""
    full = pl.col("separators") >= header.width - 1
    record = (~pl.col("inside")).cum_sum().alias("record")
    suspects = (
        lines.with_columns(record, begins_full=full & ~pl.col("inside"))
        .with_columns(pl.col("begins_full").any().over("record"))
        .filter(pl.col("inside") & full & pl.col("begins_full"))["line"]
    )
    if suspects.is_empty():
        return False
    if len(suspects) > _MAX_CANDIDATES:
        return True
    texts = collected(
        _lines(path, header)
        .filter(pl.col("line").is_in(suspects.implode()))
        .select("text")
    )
    return any(is_row(line, dialect, header) for line in texts["text"])


def _ragged(
    path: Path, dialect: Dialect, header: Header, lines: pl.DataFrame
) -> pl.Series | None:
    """First lines of records with too many or too few cells.

    None: too many to say, or a record of several lines is too large.
    """
    sep, quote = dialect.separator, dialect.quote
    text_inside = rf"(?:[^{quote}]|{quote}{quote})*"
    closed = pl.col("text").str.replace(rf"^{text_inside}{quote}", "q")
    parts = collected(
        _lines(path, header)
        .filter(pl.col("text").str.contains(quote, literal=True))
        .select(
            "line",
            *(
                _bare(of, dialect).alias(name)
                for name, of in (("out", pl.col("text")), ("within", closed))
            ),
        )
        .select(
            "line",
            *(_count(pl.col(n), dialect).alias(n) - 1 for n in ("out", "within")),
            *(_trailing(pl.col(n), sep).alias(f"{n}_empty") for n in ("out", "within")),
        )
    )
    has_quotes = pl.col("quotes") > 0
    counted = lines.join(parts, on="line", how="left", maintain_order="left")
    count = (
        pl.when(has_quotes & pl.col("inside"))
        .then("within")
        .when(has_quotes)
        .then("out")
        .when("inside")
        .then(0)
        .otherwise("separators")
    )
    empty = pl.when("inside").then("within_empty").otherwise("out_empty").fill_null(0)
    records = (
        counted.select("line", "inside", "bytes", cells=count, empty=empty)
        .group_by((~pl.col("inside")).cum_sum().alias("record"), maintain_order=True)
        .agg(
            pl.col("line").first(),
            pl.col("bytes").sum(),
            pl.col("cells").sum() + 1,
            pl.col("empty").last(),
        )
    )
    if (records["bytes"] > MAX_CELL_LENGTH).any():
        return None  # a quote that swallows lines
    cells = pl.col("cells")
    wrong = records.filter(_is_wrong(cells, cells - pl.col("empty"), header))
    return wrong["line"] if wrong.height <= _MAX_IRREGULAR_LINES else None


def _bare(text: pl.Expr, dialect: Dialect) -> pl.Expr:
    """The text without the content of quoted cells, the last one may be open."""
    bare = text.str.replace_all(dialect.quoted_cell, "q")
    return bare.str.replace(rf"{dialect.quote}[^{dialect.quote}]*$", "q")


def _trailing(bare: pl.Expr, separator: str) -> pl.Expr:
    """How many empty cells end the line."""
    end = bare.str.extract(rf"((?:{re.escape(separator)}\s*)+)$", 1)
    return end.str.count_matches(separator, literal=True).fill_null(0)
