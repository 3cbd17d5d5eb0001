"""Writes records of any format into one normalized CSV file for the columnar reader."""

import csv
import os
import re
import sys
from collections.abc import Collection, Iterable
from itertools import islice
from pathlib import Path
from typing import TextIO

from app.catalogs.engine.read.archives import reject_bomb
from app.catalogs.engine.read.records import Record
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits

_MAX_NAMES = 5000
_MAX_CELL_LENGTH = 1024**2
_BATCH_RECORDS = 100
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def column_names(records: Iterable[Record]) -> tuple[str, ...]:
    """Column names of the records in the order of their first occurrence."""
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record.cells))
        if len(names) >= _MAX_NAMES:
            break
    return _storable(names)


def write_records(
    records: Iterable[Record],
    columns: Collection[str],
    header: Iterable[str],
    path: Path,
    limits: ReadLimits,
) -> tuple[str, ...]:
    """Write line, flaw and the needed cells; return all column names of the records.

    Raises CatalogRejectedError for an unclosed quote, or a copy above the limits.
    """
    names: dict[str, None] = {}
    csv.field_size_limit(min(sys.maxsize, _MAX_CELL_LENGTH))
    remaining = iter(records)
    try:
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            while batch := list(islice(remaining, _BATCH_RECORDS)):
                for record in batch:
                    if len(names) < _MAX_NAMES:
                        names.update(dict.fromkeys(record.cells))
                writer.writerows(_row(record, columns) for record in batch)
                _check_size(limits, file)
    except csv.Error as error:
        raise CatalogRejectedError(
            "unreadable", f"the rows cannot be separated: {error}", "closed quotes"
        ) from error
    return _storable(names)


def _storable(names: Iterable[str]) -> tuple[str, ...]:
    """Names without NUL and surrogates, which JSON allows and PostgreSQL does not."""
    return tuple(islice((n for n in names if not _UNSTORABLE.search(n)), _MAX_NAMES))


def _row(record: Record, columns: Collection[str]) -> list[object]:
    cells = record.cells
    found = (cells.get(name, "").replace("\0", "\ufffd") for name in columns)
    return [record.line, record.flaw, *found]


def _check_size(limits: ReadLimits, file: TextIO) -> None:
    """Short records of many columns expand: the copy is larger than the file."""
    written = os.fstat(file.fileno()).st_size
    if written > limits.max_expanded_bytes:
        reject_bomb(written, written, limits)
