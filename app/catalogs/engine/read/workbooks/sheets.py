"""Opens a workbook, chooses its sheet, and reads rows from below the header."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.catalogs.engine.read.bounds import (
    MAX_COLUMNS,
    check_name,
    too_many_columns,
    unreadable,
)
from app.catalogs.engine.read.delimited.dialect import clean_name, unique_names
from app.catalogs.engine.read.delimited.header import lines_above_header, no_header
from app.catalogs.engine.read.records import Record, Records
from app.catalogs.engine.read.source import CatalogRejectedError, Note
from app.catalogs.engine.read.workbooks.cells import Value, texts_of
from app.catalogs.engine.read.workbooks.header import HEADER_SAMPLE, find_header
from app.catalogs.engine.read.workbooks.kinds import ACCEPTED_WORKBOOK
from app.catalogs.engine.read.workbooks.package import MAX_CELLS, too_many_cells

MAX_SHEETS = 1000
_MAX_SEARCHED = 1_000_000
"""Cells of the sheets in which a table is looked for."""
_SHOWN_NAMES = 20


@dataclass(frozen=True, slots=True)
class Table:
    """The chosen sheet: unique column names, and the rows below the header.

    `header_row` is the row of the sheet (1-based), None if the sheet has no header.
    `notes`: what was found with doubt.
    """

    sheet: CalamineSheet
    name: str
    names: tuple[str, ...]
    header_row: int | None
    notes: tuple[Note, ...]

    def records(self) -> Records:
        """The rows with any cell; `line` is the row of the sheet."""
        below = self.header_row or 0
        for line, values in enumerate(self.sheet.iter_rows(), start=1):
            if line > below and any(value != "" for value in values):
                yield Record(line, dict(zip(self.names, texts_of(values), strict=True)))


def open_table(path: Path, sheet: str | None, header_row: int | None) -> Table:
    """Read the named sheet (name or 1-based number), else the first with a table.

    `header_row`: the row of the header, 1-based; 0: no header; None is found. Raises
    CatalogRejectedError: `unreadable`, `sheet`, `encrypted`, `empty`, and for limits.
    """
    with _calamine_errors():
        book = CalamineWorkbook.from_path(path)
        _require_few_sheets(len(book.sheet_names))
        visible = [
            found.name
            for found in book.sheets_metadata
            if found.visible == SheetVisibleEnum.Visible
            and found.typ == SheetTypeEnum.WorkSheet
        ]
        if sheet is not None:
            chosen = _load(book, _named(sheet, book.sheet_names, visible))
        else:
            chosen = _first_table(book, visible)
        notes = () if sheet is not None else _sheet_notes(chosen.name, visible)
        return _table(chosen, header_row, notes)


def _require_few_sheets(count: int) -> None:
    if count > MAX_SHEETS:
        raise CatalogRejectedError(
            "too_large",
            f"the workbook has {count} sheets",
            f"at most {MAX_SHEETS} sheets",
        )


def _named(given: str, names: Sequence[str], visible: Sequence[str]) -> str:
    """The sheet of that name, in any case, or of that number among all sheets."""
    alike = [n for n in names if n.strip().casefold() == given.strip().casefold()]
    if given in names or alike:
        return given if given in names else alike[0]
    if given.isascii() and given.isdigit() and 0 < int(given[:9]) <= len(names):
        return names[int(given[:9]) - 1]
    raise CatalogRejectedError(
        "sheet", f"the workbook has no sheet {given[:80]!r}", _choices(visible)
    )


def _choices(names: Sequence[str]) -> str:
    shown = ", ".join(name[:80] for name in names[:_SHOWN_NAMES])
    return f"the name or number of a sheet: {shown}"


def _first_table(book: CalamineWorkbook, visible: Sequence[str]) -> CalamineSheet:
    """The first visible sheet with two rows of two columns, else the first filled."""
    filled: CalamineSheet | None = None
    cells = 0
    for name in visible:
        if cells > _MAX_SEARCHED:  # all sheets may be the same large part of the file
            raise _no_table_so_far(visible)
        sheet = _load(book, name)
        cells += sheet.width * sheet.height
        if sheet.height > 1 and sheet.width > 1:
            return sheet
        filled = filled or (sheet if sheet.height else None)
    if filled is None:
        raise CatalogRejectedError(
            "empty", "the workbook has no visible sheet with rows", ACCEPTED_WORKBOOK
        )
    return filled


def _no_table_so_far(names: Sequence[str]) -> CatalogRejectedError:
    return CatalogRejectedError(
        "too_large", "the first sheets are large and no tables", _choices(names)
    )


def _load(book: CalamineWorkbook, name: str) -> CalamineSheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.width > MAX_COLUMNS:
        raise too_many_columns(str(sheet.width))
    if sheet.width * sheet.height > MAX_CELLS:
        raise too_many_cells()
    return sheet


def _table(
    sheet: CalamineSheet, header_row: int | None, notes: tuple[Note, ...]
) -> Table:
    if header_row is None:
        found = find_header(sheet.to_python(nrows=HEADER_SAMPLE))
        header_row = 0 if found is None else _rows_above(sheet) + found + 1
        notes += _header_notes(sheet, found)
    cells: list[Value] = [""] * sheet.width
    if header_row:
        header = next(islice(sheet.iter_rows(), header_row - 1, None), [])
        cells = header or _reject_header(header_row)
    names = tuple(unique_names([clean_name(text) for text in texts_of(cells)]))
    for name in names:
        check_name(name)
    return Table(sheet, sheet.name, names, header_row or None, notes)


def _sheet_notes(chosen: str, visible: Sequence[str]) -> tuple[Note, ...]:
    others = [name[:80] for name in visible if name != chosen][:_SHOWN_NAMES]
    if not others:
        return ()
    text = (
        f"the sheet {chosen[:80]!r} is read, and not {', '.join(map(repr, others))}. "
        "If that is wrong, state `sheet`"
    )
    return (Note("sheet_chosen", text),)


def _header_notes(sheet: CalamineSheet, found: int | None) -> tuple[Note, ...]:
    first = _rows_above(sheet) + 1
    if found is None:
        return (no_header(first),)
    return (lines_above_header(first + found),) if found else ()


def _reject_header(row: int) -> list[Value]:
    raise CatalogRejectedError(
        "header_row",
        f"the sheet has nothing in row {row}",
        "the number of the row with the column names, from 1; 0 without one",
    )


def _rows_above(sheet: CalamineSheet) -> int:
    """Rows above the first one with a cell."""
    return sheet.start[0] if sheet.start else 0


@contextmanager
def _calamine_errors() -> Iterator[None]:
    try:
        yield
    except (CatalogRejectedError, OSError, MemoryError):
        raise
    except PasswordError as error:
        raise CatalogRejectedError(
            "encrypted", "the workbook is protected by a password", ACCEPTED_WORKBOOK
        ) from error
    except BaseException as error:
        # A panic of the parser is no Exception, and its class has no public name.
        if not isinstance(error, Exception) and "Panic" not in type(error).__name__:
            raise
        raise unreadable("workbook", error, ACCEPTED_WORKBOOK) from error
