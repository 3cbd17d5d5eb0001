"""Reads a CSV file row by row where its quotes are irregular.

A quote that is never closed, or closed rows later, must not swallow rows: such a line
is reported, and reading goes on with the next line.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from app.catalogs.engine.read.bounds import MAX_CELL_LENGTH
from app.catalogs.engine.read.delimited.dialect import Dialect
from app.catalogs.engine.read.delimited.header import Header, is_number
from app.catalogs.engine.read.records import (
    ROW_LENGTH,
    UNREADABLE_ROW,
    Record,
    Records,
)
from app.catalogs.engine.read.source import CatalogRejectedError

Report = Callable[[int], None]
_MAX_READ_AGAIN = 64 << 20
"""Characters of lines that may be read again: each row may take 1 MiB of others."""
_TELLING_WIDTH = 4
"""Columns from which the number of cells alone makes a line look like a row."""


class _Lines:
    """Lines of a file, of which those of the last row can be given back."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.at_end = False
        """Whether the last row reached the end of the file."""
        self._size = 0
        self._read_again = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.is_too_long:
            raise StopIteration  # no cell is that long: its quote is never closed
        line = self._returned.popleft() if self._returned else next(self._file, "")
        if not line:
            self.at_end = True
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        return line

    @property
    def is_too_long(self) -> bool:
        return self._size > MAX_CELL_LENGTH and len(self.taken) > 1

    def begin_row(self) -> None:
        self.taken = []
        self._size = 0

    def give_back(self) -> None:
        """Give back all lines of the last row but its first.

        Raises CatalogRejectedError, `unreadable`, if that happens without end.
        """
        self._read_again += self._size
        if self._read_again > _MAX_READ_AGAIN:
            raise CatalogRejectedError(
                "unreadable",
                "too many rows open a quote that is not closed before the next row",
                "a quote at the end of each quoted cell, and doubled quotes in it",
            )
        self.at_end = False
        self._returned.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def csv_records(
    path: Path, dialect: Dialect, header: Header, on_unclosed: Report
) -> Records:
    """Parse leniently: quotes inside cells are text, quoted line breaks are kept.

    `on_unclosed` gets the line of each row whose quote is not closed before the next
    row; the record has UNREADABLE_ROW.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(header.lines):
            file.readline()
        lines, line = _Lines(file), header.lines + 1
        while True:
            lines.begin_row()
            cells = next(dialect.rows(lines), None)
            if cells is None:
                return
            spans = len(lines.taken) > 1 or lines.at_end
            if spans and _swallows_rows(lines, dialect, header):
                lines.give_back()
                on_unclosed(line)
                cells = lines.taken[0].rstrip("\r\n").split(dialect.separator)
                yield _record(line, cells, header, UNREADABLE_ROW)
            elif any(cells):
                yield _record(line, cells, header, 0)
            line += len(lines.taken)


def _record(line: int, cells: list[str], header: Header, flaw: int) -> Record:
    surplus = cells[header.width :]
    if len(surplus) <= header.surplus and not any(cell.strip() for cell in surplus):
        cells = cells[: header.width]
    if not header.named <= len(cells) <= header.width:
        flaw = flaw or ROW_LENGTH
    return Record(line, dict(zip(header.names, cells, strict=False)), flaw)


def _swallows_rows(lines: _Lines, dialect: Dialect, header: Header) -> bool:
    """Whether a row of several lines is broken, or contains lines that are rows."""
    if lines.is_too_long:
        return True
    try:
        strict = csv.reader(
            lines.taken,
            delimiter=dialect.separator,
            quotechar=dialect.quote or None,
            skipinitialspace=dialect.is_padded,
            strict=True,
        )
        rows = sum(1 for _ in strict)
    except csv.Error:
        return True
    return rows != 1 or contains_rows(lines.taken, dialect, header)


def contains_rows(lines: list[str], dialect: Dialect, header: Header) -> bool:
    """Whether the lines of one quoted row look like several rows of this file."""
    first, *others = (line.rstrip("\r\n") for line in lines)
    if first.count(dialect.separator) < header.width - 1:
        return False  # the line is no row by itself, so the row goes on
    return any(is_row(line, dialect, header) for line in others)


def is_row(line: str, dialect: Dialect, header: Header) -> bool:
    """Whether a line has the cells of a row, and numbers where rows have them."""
    cells = line.replace(dialect.quote, "").split(dialect.separator)
    if not header.width <= len(cells) <= header.width + header.surplus:
        return False
    if not header.numeric:
        return header.width >= _TELLING_WIDTH
    numbers = [cells[column].strip() for column in header.numeric]
    filled = [cell for cell in numbers if cell]
    return bool(filled) and all(map(is_number, filled))
