"""Finds the header of a sheet: the rows above it are titles and notes."""

from collections.abc import Sequence

from app.catalogs.engine.read.workbooks.cells import Value

HEADER_SAMPLE = 50
"""Rows of a sheet in which its header is looked for."""
_SHARE = 2
"""A header fills at least half as many cells as the widest row."""


def find_header(rows: Sequence[Sequence[Value]]) -> int | None:
    """The index of the header in the first rows of a sheet, None without one.

    It is the first row that is about as wide as the rows of the table, unless it has
    numbers in the same columns as the row below.
    """
    filled = [sum(cell != "" for cell in row) for row in rows]
    widest = max(filled, default=0)
    first = next((n for n, count in enumerate(filled) if count * _SHARE >= widest), 0)
    following = next(
        (row for row in rows[first + 1 :] if any(c != "" for c in row)), []
    )
    return None if rows and _is_data(rows[first], following) else first


def _is_data(row: Sequence[Value], below: Sequence[Value]) -> bool:
    """Whether most columns that have numbers below have numbers here."""
    pairs = zip(row, below, strict=False)
    numbers = [_is_number(cell) for cell, other in pairs if _is_number(other)]
    return 2 * sum(numbers) > len(numbers)


def _is_number(cell: Value) -> bool:
    if isinstance(cell, str):
        return cell.replace(".", "", 1).replace(",", "", 1).isdigit()
    return not isinstance(cell, bool)
