"""Streams lists as CSV, protected against CSV injection."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Depends, Header, Query
from fastapi.responses import StreamingResponse

ROWS_AT_A_TIME = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a cell that spreadsheets execute (OWASP, CSV injection)."""

Row = TypeVar("Row")
Key = TypeVar("Key")
Cells = Sequence[object]


def safe(cell: object) -> object:
    """The cell as text that is not a formula. Numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell


def wants_csv(
    output: Annotated[
        Literal["json", "csv"] | None,
        Query(alias="format", description="`csv`: the whole list as a spreadsheet"),
    ] = None,
    accept: Annotated[
        str | None, Header(description="`text/csv` asks for CSV, too")
    ] = None,
) -> bool:
    """The query parameter takes precedence over the header."""
    if output is not None:
        return output == "csv"
    return prefers_csv(accept or "")


WantsCsv = Annotated[bool, Depends(wants_csv)]


def prefers_csv(accept: str) -> bool:
    """Whether `text/csv` is named and preferred to JSON."""
    weights = dict(map(_weighed, accept.split(",")))
    return weights.get("text/csv", 0.0) > weights.get("application/json", 0.0)


def _weighed(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0


@dataclass(frozen=True, slots=True)
class CsvTable(Generic[Row, Key]):
    """A list as a table.

    `rows_after(key)` reads the next rows in its own transaction (None: from the
    start), `key` is the sort key of a row, `lines` are the CSV lines of a row.
    """

    columns: Sequence[str]
    rows_after: Callable[[Key | None], Awaitable[Sequence[Row]]]
    key: Callable[[Row], Key]
    lines: Callable[[Row], Iterable[Cells]]


def as_csv(
    table: CsvTable[Row, Key], filename: str, headers: dict[str, str] | None = None
) -> StreamingResponse:
    """All rows in chunks: a slow reader holds no transaction and little memory."""
    return StreamingResponse(
        _pieces(table),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{filename}"',
            **(headers or {}),
        },
    )


async def _pieces(table: CsvTable[Row, Key]) -> AsyncIterator[str]:
    yield _text([table.columns])
    key = None
    while rows := await table.rows_after(key):
        yield await asyncio.to_thread(_lines_of, table, rows)
        key = table.key(rows[-1])


def _lines_of(table: CsvTable[Row, Key], rows: Sequence[Row]) -> str:
    return _text(line for row in rows for line in table.lines(row))


def _text(lines: Iterable[Cells]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([safe(cell) for cell in line] for line in lines)
    return text.getvalue()
