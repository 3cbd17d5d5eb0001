"""Open a stored catalog as a lazy frame of exactly the columns that are needed."""

import csv
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from app.catalogs.engine.dialect import (
    Dialect,
    Header,
    find_dialect,
    read_header,
)
from app.catalogs.engine.encoding import Utf8File, as_utf8, find_mark
from app.catalogs.engine.formats import (
    ACCEPTED,
    SAMPLE,
    Format,
    expand,
    find_format,
    refuse_foreign,
)
from app.catalogs.engine.records import (
    ROW_LENGTH,
    Record,
    csv_records,
    json_records,
    ndjson_records,
)
from app.catalogs.engine.source import CatalogRejectedError, Found, SourceFile
from app.catalogs.engine.survey import Survey, survey_lines

LINE = "#line"
FLAW = "#flaw"
"""Names of our own beside those of the merchant; `#` cannot start a mapped name
that collides, since source columns are renamed to `@name` in the frame."""

_MOST_NAMES = 5000
_LONGEST_CELL = 1024**2


def cell(name: str) -> str:
    """The frame's name for a source column."""
    return f"@{name}"


@dataclass(frozen=True, slots=True)
class OpenedCatalog:
    """`frame` has LINE (1-based), FLAW (0 when sound) and `cell(name)` per column."""

    frame: pl.LazyFrame
    columns: tuple[str, ...]
    found: Found


@contextmanager
def open_catalog(
    source: SourceFile, needed: Collection[str] | None, workdir: Path
) -> Iterator[OpenedCatalog]:
    """Open with the needed columns (None: all). Temporary files go on leaving.

    Raises CatalogRejectedError when the file as a whole cannot be used.
    """
    with TemporaryDirectory(dir=workdir) as folder:
        yield _open(source, needed, Path(folder))


def _open(
    source: SourceFile, needed: Collection[str] | None, workdir: Path
) -> OpenedCatalog:
    plain, compression = expand(source, workdir)
    with plain.open("rb") as file:
        head = file.read(SAMPLE)
    if not head:
        raise CatalogRejectedError("empty", "the file is empty", ACCEPTED)
    if find_mark(head) != "utf-16" and source.hints.encoding is None:
        refuse_foreign(head[:4096])
    text = as_utf8(plain, source.hints.encoding, workdir)
    sample = _sample(text.path)
    form = find_format(source, sample)
    found = Found(form, text.encoding, compression=compression)
    if form in {Format.JSON, Format.NDJSON}:
        return _open_json(text, found, needed, workdir, source.limits.max_json_records)
    return _open_csv(source, text, found, needed, workdir)


def _open_csv(
    source: SourceFile,
    text: Utf8File,
    found: Found,
    needed: Collection[str] | None,
    workdir: Path,
) -> OpenedCatalog:
    sample = _sample(text.path)
    usual = "\t" if found.format == Format.TSV else None
    dialect = find_dialect(sample, source.hints, usual)
    header = read_header(dialect, sample)
    columns = _checked(header.names, needed)
    found = Found(
        found.format,
        found.encoding,
        dialect.separator,
        dialect.quote or None,
        found.compression,
    )
    if dialect.quote not in text.signs:
        dialect = Dialect(dialect.separator, "")
    survey = survey_lines(text.path, dialect, header)
    if survey.is_plain:
        frame = _scan_plain(text, dialect, header, survey, columns)
    else:
        records = csv_records(text.path, dialect, header)
        frame = _scan_copy(_copy(records, columns, workdir)[0], columns)
    return OpenedCatalog(_sound(frame, columns), header.names, found)


def _scan_plain(
    text: Utf8File,
    dialect: Dialect,
    header: Header,
    survey: Survey,
    columns: Collection[str],
) -> pl.LazyFrame:
    names = [cell(name) for name in header.names]
    frame = pl.scan_csv(
        text.path,
        infer_schema=False,
        separator=dialect.separator,
        quote_char=dialect.quote or None,
        truncate_ragged_lines=True,
        skip_lines=header.blank_lines,
        row_index_name=LINE,
        row_index_offset=header.lines + 1,
        with_column_names=lambda _: names,
        raise_if_empty=False,
    ).select(LINE, *(cell(name) for name in columns))
    flaw = pl.lit(0, pl.UInt8)
    if len(survey.ragged):
        flaw = (
            pl.when(pl.col(LINE).is_in(survey.ragged.implode()))
            .then(pl.lit(ROW_LENGTH, pl.UInt8))
            .otherwise(flaw)
        )
    frame = frame.with_columns(flaw.alias(FLAW))
    if "\0" not in text.signs:
        return frame
    return frame.with_columns(
        pl.col(cell(name)).str.replace_all("\0", "\ufffd", literal=True)
        for name in columns
    )


def _open_json(
    text: Utf8File,
    found: Found,
    needed: Collection[str] | None,
    workdir: Path,
    most: int | None,
) -> OpenedCatalog:
    if needed is None:
        needed = tuple(dict.fromkeys(_names(islice(_json_records(text, found), most))))
    path, names = _copy(islice(_json_records(text, found), most), needed, workdir)
    columns = _checked(names, needed)
    return OpenedCatalog(_sound(_scan_copy(path, columns), columns), names, found)


def _json_records(text: Utf8File, found: Found) -> Iterator[Record]:
    if found.format == Format.JSON:
        return json_records(text.path)
    return ndjson_records(text.path)


def _names(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        yield from record.cells


def _copy(
    records: Iterable[Record], columns: Collection[str], workdir: Path
) -> tuple[Path, tuple[str, ...]]:
    """Write the needed cells as clean CSV; return it and every name that was seen."""
    path = workdir / "records.csv"
    names: dict[str, None] = {}
    csv.field_size_limit(min(sys.maxsize, _LONGEST_CELL))
    try:
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([LINE, FLAW, *(cell(name) for name in columns)])
            for record in records:
                cells = record.cells
                if len(names) < _MOST_NAMES:
                    names.update(dict.fromkeys(cells))
                found = (
                    cells.get(name, "").replace("\0", "\ufffd") for name in columns
                )
                writer.writerow([record.line, record.flaw, *found])
    except csv.Error as error:
        raise CatalogRejectedError(
            "unreadable", f"the rows cannot be told apart: {error}", "closed quotes"
        ) from error
    return path, tuple(names)


def _scan_copy(path: Path, columns: Collection[str]) -> pl.LazyFrame:
    types = {LINE: pl.UInt32, FLAW: pl.UInt8} | {cell(n): pl.String for n in columns}
    return pl.scan_csv(path, schema=types, raise_if_empty=False)


def _sound(frame: pl.LazyFrame, columns: Collection[str]) -> pl.LazyFrame:
    """Leave out blank lines: nothing in any needed column and no flaw."""
    if not columns:
        return frame
    filled = pl.any_horizontal(pl.col(cell(name)).is_not_null() for name in columns)
    return frame.filter(filled | (pl.col(FLAW) > 0))


def _checked(names: tuple[str, ...], needed: Collection[str] | None) -> tuple[str, ...]:
    """The columns to read. Raises CatalogRejectedError for those not there."""
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
