"""Writes records of any format as columns into Arrow files for the columnar reader."""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.archives import reject_bomb
from app.catalogs.engine.read.bounds import MAX_CELL_LENGTH, add_names, cell_too_large
from app.catalogs.engine.read.records import UNREADABLE_ROW, Record
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits

_FEW_RECORDS = 32
"""Records in memory at once as objects; each may be large."""
_PART_RECORDS = 20_000
_PART_LENGTH = 4 << 20
"""Maximum records, and about the maximum cells and characters, in memory as columns."""
_MAX_RATIO = 20
"""Cells for each byte of the file: a file has more where nearly all are empty."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the files go; `size` is the size of the source in bytes."""

    folder: Path
    limits: ReadLimits
    size: int

    def check(self, written: int) -> None:
        """Raise CatalogRejectedError if `written` characters and cells are too many.

        Short records of many columns expand: the copy is larger than the file.
        """
        sparse = replace(self.limits, max_ratio=_MAX_RATIO)
        reject_bomb(written, self.size, sparse)


@dataclass(frozen=True, slots=True)
class Written:
    """The Arrow files, and all column names of the records."""

    paths: list[Path]
    names: tuple[str, ...]


def column_names(records: Iterable[Record]) -> tuple[str, ...]:
    """Column names of the records in the order of their first occurrence.

    Raises CatalogRejectedError for too many.
    """
    names: dict[str, None] = {}
    for record in records:
        if record.cells.keys() - names.keys():
            add_names(names, record.cells)
    return _storable(names)


def write_records(
    records: Iterable[Record],
    columns: Collection[str],
    header: Mapping[str, pl.DataType],
    target: Target,
) -> Written:
    """Write line, flaw and the needed cells, null if empty.

    `header` names and types the columns of the files: line, flaw, cells. Raises
    CatalogRejectedError for an unclosed quote, if no record is readable, or for a copy
    above the limits.
    """
    names: dict[str, None] = {}
    parts = _Parts(tuple(columns), header, target)
    remaining = iter(records)
    try:
        while few := list(islice(remaining, _FEW_RECORDS)):
            for record in few:
                if record.cells.keys() - names.keys():
                    add_names(names, record.cells)
            parts.add(few)
    except csv.Error as error:
        raise CatalogRejectedError(
            "unreadable", f"the rows cannot be separated: {error}", "closed quotes"
        ) from error
    parts.close()
    if parts.is_unreadable:
        raise CatalogRejectedError(
            "unreadable", "no row of the file can be read", "one object per row"
        )
    return Written(parts.paths, _storable(names))


def _storable(names: Iterable[str]) -> tuple[str, ...]:
    """Names without NUL and surrogates, which JSON allows and PostgreSQL does not."""
    return tuple(name for name in names if not _UNSTORABLE.search(name))


@dataclass(slots=True)
class _Parts:
    """Columns of the next file, and the files that are complete."""

    columns: tuple[str, ...]
    header: Mapping[str, pl.DataType]
    target: Target
    paths: list[Path] = field(default_factory=list)
    is_unreadable: bool = False
    _lists: list[list[object]] = field(default_factory=list)
    _length: int = 0
    _written: int = 0

    def __post_init__(self) -> None:
        self._clear()

    def add(self, records: list[Record]) -> None:
        lines, flaws, *cells = self._lists
        lines.extend([record.line for record in records])
        flaws.extend([record.flaw for record in records])
        present = set().union(*[record.cells for record in records])
        empty = [None] * len(records)
        for name, column in zip(self.columns, cells, strict=True):
            column.extend(self._column(name, records) if name in present else empty)
        self._length += len(records) * len(cells)
        if len(lines) >= _PART_RECORDS or self._length > _PART_LENGTH:
            self._write()

    def _column(self, name: str, records: list[Record]) -> list[str | None]:
        found = [record.cells.get(name) or None for record in records]
        length = sum([len(cell) for cell in found if cell])
        if length > MAX_CELL_LENGTH:
            _check_cells(name, records)
        self._length += length
        return found

    def close(self) -> None:
        """Write what is left; always at least one file."""
        if self._lists[0] or not self.paths:
            self._write()

    def _write(self) -> None:
        path = self.target.folder / f"records-{len(self.paths)}.arrow"
        frame = self._frame()
        readable = (frame.to_series(1) != UNREADABLE_ROW).any()
        self.is_unreadable = (
            bool(frame.height)
            and not readable
            and (self.is_unreadable or not self.paths)
        )
        frame.write_ipc(path, compression="lz4")
        self.paths.append(path)
        self._written += self._length
        self._clear()
        self.target.check(self._written)

    def _clear(self) -> None:
        self._lists, self._length = [[] for _ in self.header], 0

    def _frame(self) -> pl.DataFrame:
        texts = pl.col(pl.String).str.replace_all("\0", "\ufffd", literal=True)
        return pl.DataFrame(list(self._columns())).with_columns(texts)

    def _columns(self) -> Iterator[pl.Series]:
        for (name, kind), values in zip(self.header.items(), self._lists, strict=True):
            try:
                yield pl.Series(name, values, kind)
            except UnicodeEncodeError:  # JSON can escape half a character
                texts = [v and _UNSTORABLE.sub("\ufffd", str(v)) for v in values]
                yield pl.Series(name, texts, kind)


def _check_cells(name: str, records: list[Record]) -> None:
    for record in records:
        if len(record.cells.get(name, "")) > MAX_CELL_LENGTH:
            raise cell_too_large(f"column {name[:40]!r}, row {record.line}")
