"""Finds the header of a CSV file: below titles, stated, or missing."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from app.catalogs.engine.read.bounds import (
    MAX_COLUMNS,
    MAX_NAME_LENGTH,
    check_name,
    too_many_columns,
)
from app.catalogs.engine.read.delimited.dialect import (
    Dialect,
    clean_name,
    lines_of,
    stated_separator,
    unique_names,
)
from app.catalogs.engine.read.source import CatalogRejectedError, Note

SAMPLE_ROWS = 200
_TOP_ROWS = 50
"""Rows in which the header is looked for."""
_HABIT = 0.8
"""Share of rows whose surplus empty cells make them a habit of the file."""
_FEWEST_NAMES = 2
"""Names that a header has which leaves other columns without one."""
_NUMBER = re.compile(r"[^\w]{0,4}\d[\d\s.,'\u2019-]*(?:[^\w]|[A-Z]){0,4}", re.ASCII)
_EAN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)


@dataclass(frozen=True)  # without slots: `numeric` is computed once
class Header:
    """Unique column names, and where the rows begin.

    `lines` precede the first row, `skipped` precede the header. `named`: columns up to
    the last one with a name. `surplus`: empty cells that rows have beyond the columns.
    `sampled`: the first lines below the header, in `dialect`.
    """

    names: tuple[str, ...]
    lines: int
    skipped: int
    named: int
    surplus: int = 0
    in_file: bool = True
    dialect: Dialect = field(default=Dialect(",", '"'), repr=False)
    sampled: tuple[str, ...] = field(default=(), repr=False)

    @property
    def width(self) -> int:
        return len(self.names)

    @cached_property
    def numeric(self) -> frozenset[int]:
        """Columns that have a number in nearly every sampled row.

        Each line is read alone: a quote that is never closed must not hide the others.
        """
        rows = (next(self.dialect.rows([line]), []) for line in self.sampled)
        fitting = [cells for cells in rows if len(cells) == self.width]
        least = _HABIT * len(fitting)
        return frozenset(
            column
            for column in range(self.width if fitting else 0)
            if sum(is_number(cells[column]) for cells in fitting) >= least
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """Cells, and the lines (0-based) where the row begins and the next one does.

    `filled`: how many cells are not blank.
    """

    cells: list[str]
    start: int
    end: int
    filled: int


def read_header(
    dialect: Dialect, sample: str, header_row: int | None
) -> tuple[Header, tuple[Note, ...]]:
    """The header, and notes if it is not on the first line.

    Names are trimmed; empty ones become `column_3`, repeated ones `name_2`.
    `header_row`: its line, 1-based; 0: none; None: detected. Raises
    CatalogRejectedError.
    """
    lines = lines_of(sample)
    first = 1 if stated_separator(sample) else 0
    start = max(header_row - 1, first) if header_row else first
    rows = _rows(dialect, lines, start)
    if header_row and (not rows or rows[0].start != start):
        raise _no_such_line(header_row, len(lines))
    if header_row == 0:
        return _without(dialect, lines, rows, first), ()
    top = 0 if header_row else _find(rows)
    if top is None:
        return _without(dialect, lines, rows, first), (
            no_header(rows[0].start + 1 if rows else None),
        )
    header = _sampling(_with(rows, top), dialect, lines)
    return header, _notes(rows, top, first) if header_row is None else ()


def is_number(cell: str) -> bool:
    """Whether a cell looks like an amount, a count or a code of digits."""
    return bool(_NUMBER.fullmatch(cell.strip()))


def _rows(dialect: Dialect, lines: Sequence[str], start: int) -> list[_Row]:
    reader = dialect.rows(lines[start:])
    rows, begin = [], start
    for cells in islice(reader, SAMPLE_ROWS + _TOP_ROWS):
        end = start + reader.line_num
        filled = sum(map(bool, map(str.strip, cells)))
        if filled:
            rows.append(_Row(cells, begin, end, filled))
        begin = end
    return rows


def _find(rows: Sequence[_Row]) -> int | None:
    """The index of the header in the rows; None without one.

    It is the first row more than half as filled as most rows, unless it has
    numbers where the next row has them: then a header with few names may be above it.
    """
    if not rows:
        return 0
    counts = Counter(row.filled for row in rows)
    typical = max(counts, key=lambda filled: (counts[filled], filled))
    near = (n for n, row in enumerate(rows[:_TOP_ROWS]) if 2 * row.filled > typical)
    top = next(near, 0)
    if not _is_data(rows, top):
        return top
    above = top - 1
    is_sparse = top > 0 and rows[above].filled >= _FEWEST_NAMES
    return above if is_sparse and not _is_data(rows, above) else None


def _is_data(rows: Sequence[_Row], index: int) -> bool:
    """Whether a row has numbers where the next one has them.

    The last one, below others: whether it has numbers at all.
    """
    row = rows[index].cells
    below = rows[index + 1].cells if len(rows) > index + 1 else row if index else []
    if any(_EAN.fullmatch(cell.strip()) for cell in row):
        return True
    pairs = zip(row, below, strict=False)
    numbers = [is_number(cell) for cell, other in pairs if is_number(other)]
    return 2 * sum(numbers) > len(numbers)


def _with(rows: Sequence[_Row], top: int) -> Header:
    if not rows:
        return Header((), 0, 0, 0)
    row, below = rows[top], rows[top + 1 :]
    names = [clean_name(cell) for cell in row.cells]
    _check(names)
    named = max((i + 1 for i, name in enumerate(names) if name), default=0)
    return Header(
        tuple(unique_names(names)),
        row.end,
        row.start,
        named,
        _surplus(below, len(names)),
    )


def _without(
    dialect: Dialect, lines: Sequence[str], rows: Sequence[_Row], first: int
) -> Header:
    """Columns by position: as many as most rows have."""
    counts = Counter(len(row.cells) for row in rows)
    width = max(counts, key=lambda count: (counts[count], count), default=0)
    names = [""] * width
    _check(names)
    header = Header(tuple(unique_names(names)), first, first, 0, in_file=False)
    return _sampling(header, dialect, lines)


def _sampling(header: Header, dialect: Dialect, lines: Sequence[str]) -> Header:
    sampled = tuple(lines[header.lines : header.lines + SAMPLE_ROWS])
    return replace(header, dialect=dialect, sampled=sampled)


def _surplus(rows: Sequence[_Row], width: int) -> int:
    """How many empty cells rows have beyond the columns, if nearly all have some."""
    counts = [
        len(row.cells) - width
        for row in rows
        if len(row.cells) > width and not any(c.strip() for c in row.cells[width:])
    ]
    return max(counts) if counts and len(counts) >= _HABIT * len(rows) else 0


def _check(names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise too_many_columns(f"{len(names)}")
    if any(len(name) > MAX_NAME_LENGTH for name in names):
        check_name(max(names, key=len))


def _notes(rows: Sequence[_Row], top: int, first: int) -> tuple[Note, ...]:
    if not rows or rows[top].start == first or top == 0:
        return ()
    return (lines_above_header(rows[top].start + 1),)


def lines_above_header(line: int) -> Note:
    """The header was found below titles."""
    text = (
        f"the header was found on line {line}; the lines above it are not read. "
        "If that is wrong, state `header_row`"
    )
    return Note("lines_above_header", text, line)


def no_header(line: int | None) -> Note:
    """No header was found; `line` is the first one of the table."""
    text = (
        "no header found: the columns are named by position. If that is wrong, state "
        "`header_row`"
    )
    return Note("no_header", text, line)


def _no_such_line(header_row: int, lines: int) -> CatalogRejectedError:
    return CatalogRejectedError(
        "header_row",
        f"line {header_row}, which should be the header, is empty or does not exist",
        f"1 to {lines}, a line with column names; 0 for a file without a header",
    )
