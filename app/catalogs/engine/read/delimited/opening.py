"""Opens CSV and TSV: plain files by Polars, others by the reader of rows."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.delimited.dialect import (
    Dialect,
    detect_dialect,
    stated_separator,
)
from app.catalogs.engine.read.delimited.header import Header, read_header
from app.catalogs.engine.read.delimited.rows import csv_records
from app.catalogs.engine.read.delimited.scan import (
    CsvScan,
    require_short_lines,
    scan_csv_lines,
)
from app.catalogs.engine.read.encoding import Utf8File
from app.catalogs.engine.read.formats import Format
from app.catalogs.engine.read.formulas import NOTE_COLUMNS, unescape_formulas
from app.catalogs.engine.read.frames import (
    FLAW,
    LINE,
    OpenedCatalog,
    cell,
    columns_to_read,
    drop_blank_rows,
    normalized,
    text_sample,
)
from app.catalogs.engine.read.normalize import Target
from app.catalogs.engine.read.records import ROW_LENGTH
from app.catalogs.engine.read.source import DetectedFormat, Note, SourceFile


def open_csv(
    source: SourceFile,
    text: Utf8File,
    detected: DetectedFormat,
    needed: Collection[str] | None,
    workdir: Path,
) -> OpenedCatalog:
    require_short_lines(text.path)
    sample = text_sample(text.path)
    default_separator = "\t" if detected.format == Format.TSV else None
    separator = stated_separator(sample) or default_separator
    dialect = detect_dialect(sample, source.hints, separator)
    header, notes = read_header(dialect, sample, source.hints.header_row)
    columns = columns_to_read(header.names, needed)
    detected = replace(
        detected,
        separator=dialect.separator,
        quote=dialect.quote or None,
        notes=(*detected.notes, *notes),
    )
    if dialect.quote not in text.special_chars:
        dialect = Dialect(dialect.separator, "")
    scan = scan_csv_lines(text.path, dialect, header)
    if scan.is_plain:
        frame = _scan_plain(text, dialect, header, scan, columns)
    else:
        unclosed: list[int] = []
        target = Target(workdir, source.limits, text.path.stat().st_size)
        with closing(
            csv_records(text.path, dialect, header, unclosed.append)
        ) as records:
            frame, _ = normalized(records, columns, target)
        detected = replace(detected, notes=(*detected.notes, *_unclosed(unclosed)))
    if NOTE_COLUMNS[0] in header.names:  # an export that was corrected
        cells = [cell(name) for name in columns]
        frame = frame.with_columns(unescape_formulas(pl.col(cells)) if cells else [])
    return OpenedCatalog(drop_blank_rows(frame, columns), header.names, detected)


def _scan_plain(
    text: Utf8File,
    dialect: Dialect,
    header: Header,
    scan: CsvScan,
    columns: Collection[str],
) -> pl.LazyFrame:
    names = [cell(name) for name in header.names]
    frame = pl.scan_csv(
        text.path,
        infer_schema=False,
        schema=None if header.in_file else dict.fromkeys(names, pl.String()),
        separator=dialect.separator,
        quote_char=dialect.quote or None,
        null_values="" if dialect.quote else None,  # a quoted empty cell is empty
        missing_columns="raise" if header.in_file else "insert",
        truncate_ragged_lines=True,
        extra_columns="ignore",
        has_header=header.in_file,
        skip_lines=header.skipped,
        row_index_name=LINE,
        row_index_offset=0 if scan.starts is not None else header.lines + 1,
        with_column_names=(lambda _: names) if header.in_file else None,
        raise_if_empty=False,
    ).select(LINE, *(cell(name) for name in columns))
    if scan.starts is not None:
        frame = frame.with_columns(_line_of(scan.starts))
    flaw = pl.lit(0, pl.UInt8)
    if len(scan.ragged):
        flaw = (
            pl.when(pl.col(LINE).is_in(scan.ragged.implode()))
            .then(pl.lit(ROW_LENGTH, pl.UInt8))
            .otherwise(flaw)
        )
    frame = frame.with_columns(flaw.alias(FLAW))
    if "\0" not in text.special_chars:
        return frame
    return frame.with_columns(
        pl.col(cell(name)).str.replace_all("\0", "\ufffd", literal=True)
        for name in columns
    )


def _line_of(starts: pl.Series) -> pl.Expr:
    """The first line of each record, by the number of the record."""
    return pl.col(LINE).map_batches(
        starts.gather,
        return_dtype=pl.UInt32(),
        is_elementwise=True,
    )


def _unclosed(lines: list[int]) -> tuple[Note, ...]:
    if not lines:
        return ()
    text = f"{len(lines)} rows open a quote that is not closed before the next row"
    return (Note("unclosed_quote", text, lines[0]),)
