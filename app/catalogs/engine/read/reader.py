"""Opens a stored catalog in any format as a lazy frame of the needed columns."""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from app.catalogs.engine.read.archives import Unpacked, unpack
from app.catalogs.engine.read.bounds import parser_errors_rejected
from app.catalogs.engine.read.delimited.opening import open_csv
from app.catalogs.engine.read.encoding import (
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
from app.catalogs.engine.read.json_records.document import json_records
from app.catalogs.engine.read.json_records.lines import ndjson_records
from app.catalogs.engine.read.normalize import Target, column_names
from app.catalogs.engine.read.parquet import open_parquet
from app.catalogs.engine.read.passes import passes_of
from app.catalogs.engine.read.records import (
    Records,
)
from app.catalogs.engine.read.source import (
    CatalogRejectedError,
    DetectedFormat,
    SourceFile,
)
from app.catalogs.engine.read.workbooks.kinds import is_old_workbook
from app.catalogs.engine.read.workbooks.package import check_package
from app.catalogs.engine.read.workbooks.sheets import open_table
from app.catalogs.engine.read.xml.encoding import xml_text
from app.catalogs.engine.read.xml.feeds import feed_records


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
            plain = unpack(source, Path(folder))
        with passes_of(plain.path.stat().st_size):
            with parser_errors_rejected(ACCEPTED):
                opened = _open(source, plain, needed, Path(folder))
            yield opened


def _open(
    source: SourceFile,
    plain: Unpacked,
    needed: Collection[str] | None,
    workdir: Path,
) -> OpenedCatalog:
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
    form = detect_format(plain.source, text_sample(text.path))
    detected = DetectedFormat(
        form, text.encoding, compression=plain.compression, notes=text.notes
    )
    if form in {Format.JSON, Format.NDJSON}:
        read = json_records if form == Format.JSON else ndjson_records
        return _open_records(lambda: read(text.path), plain, detected, needed, workdir)
    return open_csv(source, text, detected, needed, workdir)


def _open_parquet(plain: Unpacked, needed: Collection[str] | None) -> OpenedCatalog:
    file = open_parquet(plain.path)
    columns = columns_to_read(file.names, needed)
    file.check(columns, plain.source.limits)
    frame = file.texts(columns, LINE).select(
        LINE,
        pl.lit(0, pl.UInt8).alias(FLAW),
        *(pl.col(name).alias(cell(name)) for name in columns),
    )
    if plain.source.limits.max_records:
        frame = frame.head(plain.source.limits.max_records)
    detected = DetectedFormat(Format.PARQUET, None, compression=plain.compression)
    return OpenedCatalog(drop_blank_rows(frame, columns), file.names, detected)


def _open_workbook(
    plain: Unpacked, kind: Format, needed: Collection[str] | None, workdir: Path
) -> OpenedCatalog:
    limits = plain.source.limits
    check_package(plain.path, kind, limits)
    hints = plain.source.hints
    table = open_table(plain.path, hints.sheet, hints.header_row)
    columns = columns_to_read(table.names, needed)
    target = Target(workdir, limits, plain.path.stat().st_size)
    with closing(table.records()) as records:
        frame, _ = normalized(islice(records, limits.max_records), columns, target)
    detected = DetectedFormat(
        kind, None, compression=plain.compression, notes=table.notes
    )
    return OpenedCatalog(drop_blank_rows(frame, columns), table.names, detected)


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
        frame, names = normalized(islice(records, max_records), needed, target)
    columns = columns_to_read(names, needed)
    return OpenedCatalog(drop_blank_rows(frame, columns), names, detected)
