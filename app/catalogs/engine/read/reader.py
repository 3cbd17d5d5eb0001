"""Opens a stored catalog in any format as a lazy frame of the needed columns."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from app.catalogs.engine.read.archives import Unpacked, unpack
from app.catalogs.engine.read.bounds import parser_errors_rejected
from app.catalogs.engine.read.delimited.dialect import (
    Dialect,
    detect_dialect,
    stated_separator,
)
from app.catalogs.engine.read.delimited.header import Header, read_header
from app.catalogs.engine.read.delimited.rows import csv_records
from app.catalogs.engine.read.delimited.scan import CsvScan, scan_csv_lines
from app.catalogs.engine.read.encoding import (
    Utf8File,
    convert_to_utf8,
    detect_bom,
)
from app.catalogs.engine.read.encoding_guess import wide_without_mark
from app.catalogs.engine.read.formats import (
    ACCEPTED,
    PARQUET_MAGIC,
    SAMPLE,
    Format,
    detect_format,
    looks_like_xml,
    reject_foreign,
)
from app.catalogs.engine.read.formulas import NOTE_COLUMNS, unescape_formulas
from app.catalogs.engine.read.json_records.document import json_records
from app.catalogs.engine.read.json_records.lines import ndjson_records
from app.catalogs.engine.read.normalize import Target, column_names, write_records
from app.catalogs.engine.read.parquet import open_parquet
from app.catalogs.engine.read.records import (
    ROW_LENGTH,
    Record,
    Records,
)
from app.catalogs.engine.read.source import (
    CatalogRejectedError,
    DetectedFormat,
    Note,
    SourceFile,
)
from app.catalogs.engine.read.workbooks.kinds import is_old_workbook
from app.catalogs.engine.read.workbooks.package import check_package
from app.catalogs.engine.read.workbooks.sheets import open_table
from app.catalogs.engine.read.xml.encoding import xml_text
from app.catalogs.engine.read.xml.feeds import feed_records

LINE = "#line"
FLAW = "#flaw"
"""Internal columns. They cannot collide with the merchant's columns, which are
named `@name` in the frame."""


def cell(name: str) -> str:
    """The frame's name for a source column."""
    return f"@{name}"


@dataclass(frozen=True, slots=True)
class OpenedCatalog:
    """`frame` has LINE (1-based), FLAW (0 if none) and `cell(name)` per column."""

    frame: pl.LazyFrame
    columns: tuple[str, ...]
    detected: DetectedFormat


@contextmanager
def open_catalog(
    source: SourceFile, needed: Collection[str] | None, workdir: Path
) -> Iterator[OpenedCatalog]:
    """Open with the needed columns (None: all); remove temporary files on exit.

    LINE is the line of a CSV or NDJSON file, and the number of the record otherwise.
    Raises CatalogRejectedError if the file as a whole cannot be used.
    """
    with TemporaryDirectory(dir=workdir) as folder:
        with parser_errors_rejected(ACCEPTED):
            opened = _open(source, needed, Path(folder))
        yield opened


def _open(
    source: SourceFile, needed: Collection[str] | None, workdir: Path
) -> OpenedCatalog:
    plain = unpack(source, workdir)
    with plain.path.open("rb") as file:
        head = file.read(SAMPLE)
    if not head:
        raise CatalogRejectedError("empty", "the file is empty", ACCEPTED)
    kind = plain.workbook or ("xls" if is_old_workbook(head) else None)
    if kind:
        return _open_workbook(plain, Format(kind), needed, workdir)
    if head.startswith(PARQUET_MAGIC):
        return _open_parquet(plain, needed)
    is_wide = detect_bom(head) == "utf-16" and head[2:4] != b"\0\0"  # not UTF-32
    is_wide = is_wide or wide_without_mark(head) is not None
    if not is_wide and source.hints.encoding is None:
        reject_foreign(head[:4096])
    if looks_like_xml(plain.source, head):
        return _open_feed(plain, head, needed, workdir)
    hints = source.hints
    text = convert_to_utf8(plain.path, hints.encoding, workdir, hints.country)
    form = detect_format(plain.source, _sample(text.path))
    detected = DetectedFormat(
        form, text.encoding, compression=plain.compression, notes=text.notes
    )
    if form in {Format.JSON, Format.NDJSON}:
        read = json_records if form == Format.JSON else ndjson_records
        return _open_records(lambda: read(text.path), plain, detected, needed, workdir)
    return _open_csv(source, text, detected, needed, workdir)


def _open_parquet(plain: Unpacked, needed: Collection[str] | None) -> OpenedCatalog:
    file = open_parquet(plain.path)
    columns = _columns_to_read(file.names, needed)
    file.check(columns, plain.source.limits)
    frame = file.texts(columns, LINE).select(
        LINE,
        pl.lit(0, pl.UInt8).alias(FLAW),
        *(pl.col(name).alias(cell(name)) for name in columns),
    )
    if plain.source.limits.max_records:
        frame = frame.head(plain.source.limits.max_records)
    detected = DetectedFormat(Format.PARQUET, None, compression=plain.compression)
    return OpenedCatalog(_drop_blank_rows(frame, columns), file.names, detected)


def _open_workbook(
    plain: Unpacked, kind: Format, needed: Collection[str] | None, workdir: Path
) -> OpenedCatalog:
    limits = plain.source.limits
    check_package(plain.path, kind, limits)
    hints = plain.source.hints
    table = open_table(plain.path, hints.sheet, hints.header_row)
    columns = _columns_to_read(table.names, needed)
    target = Target(workdir, limits, plain.path.stat().st_size)
    with closing(table.records()) as records:
        frame, _ = _normalize(islice(records, limits.max_records), columns, target)
    detected = DetectedFormat(kind, None, compression=plain.compression)
    return OpenedCatalog(_drop_blank_rows(frame, columns), table.names, detected)


def _open_feed(
    plain: Unpacked, head: bytes, needed: Collection[str] | None, workdir: Path
) -> OpenedCatalog:
    text = xml_text(plain.path, head, plain.source.hints.encoding, workdir)
    detected = DetectedFormat(
        Format.XML, text.encoding, compression=plain.compression, notes=text.notes
    )
    return _open_records(
        lambda: feed_records(text.path), plain, detected, needed, workdir
    )


def _open_csv(
    source: SourceFile,
    text: Utf8File,
    detected: DetectedFormat,
    needed: Collection[str] | None,
    workdir: Path,
) -> OpenedCatalog:
    sample = _sample(text.path)
    default_separator = "\t" if detected.format == Format.TSV else None
    separator = stated_separator(sample) or default_separator
    dialect = detect_dialect(sample, source.hints, separator)
    header, notes = read_header(dialect, sample, source.hints.header_row)
    columns = _columns_to_read(header.names, needed)
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
            frame, _ = _normalize(records, columns, target)
        detected = replace(detected, notes=(*detected.notes, *_unclosed(unclosed)))
    if NOTE_COLUMNS[0] in header.names:  # an export that was corrected
        cells = [cell(name) for name in columns]
        frame = frame.with_columns(unescape_formulas(pl.col(cells)) if cells else [])
    return OpenedCatalog(_drop_blank_rows(frame, columns), header.names, detected)


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
        missing_columns="raise" if header.in_file else "insert",
        truncate_ragged_lines=True,
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


def _open_records(
    read: Callable[[], Records],
    plain: Unpacked,
    detected: DetectedFormat,
    needed: Collection[str] | None,
    workdir: Path,
) -> OpenedCatalog:
    """Each record has its own names; each `read()` starts from the beginning."""
    max_records = plain.source.limits.max_records
    if needed is None:
        with closing(read()) as records:
            needed = column_names(islice(records, max_records))
    target = Target(workdir, plain.source.limits, plain.path.stat().st_size)
    with closing(read()) as records:
        frame, names = _normalize(islice(records, max_records), needed, target)
    columns = _columns_to_read(names, needed)
    return OpenedCatalog(_drop_blank_rows(frame, columns), names, detected)


def _normalize(
    records: Iterable[Record],
    columns: Collection[str],
    target: Target,
) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """The needed cells as a frame, and all column names of the records."""
    types: dict[str, pl.DataType] = {LINE: pl.UInt32(), FLAW: pl.UInt8()}
    types |= {cell(name): pl.String() for name in columns}
    written = write_records(records, columns, types, target)
    return pl.scan_ipc(written.paths), written.names


def _drop_blank_rows(frame: pl.LazyFrame, columns: Collection[str]) -> pl.LazyFrame:
    """Drop blank lines: no value in any needed column and no flaw."""
    if not columns:
        return frame
    filled = pl.any_horizontal(pl.col(cell(name)).is_not_null() for name in columns)
    return frame.filter(filled | (pl.col(FLAW) > 0))


def _columns_to_read(
    names: tuple[str, ...], needed: Collection[str] | None
) -> tuple[str, ...]:
    """The columns to read. Raises CatalogRejectedError for missing ones."""
    if needed is None:
        return names
    missing = sorted(set(needed) - set(names))
    if missing:
        raise CatalogRejectedError(
            "missing_column",
            "the catalog lacks mapped columns: " + ", ".join(missing),
            "columns of this catalog: " + ", ".join(names[:100]),
            names,
        )
    return tuple(sorted(needed))


def _sample(path: Path) -> str:
    """Complete lines from the start of a UTF-8 file."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if len(head) == SAMPLE and b"\n" in head:
        head = head[: head.rindex(b"\n") + 1]
    return head.decode("utf-8", errors="ignore")
