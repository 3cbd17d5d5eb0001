"""Changes as CSV: one line per changed field."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.database import Database
from app.publications.reports import queries
from app.publications.schemas import ChangeOut, change_out
from app.web.csv_response import ROWS_AT_A_TIME, CsvTable

COLUMNS = (
    "sku",
    "reason",
    "lane",
    "outcome",
    "code",
    "message",
    "hint",
    "field",
    "before",
    "after",
)


def changes_table(
    database: Database, publication_id: UUID, filters: Mapping[str, str | int]
) -> CsvTable[Any, int]:
    async def rows_after(seq: int | None) -> Sequence[Any]:
        # a page's query reads one row more than the page has
        async with database.transaction() as tx:
            return await queries.changes(
                tx.session, publication_id, filters, seq, ROWS_AT_A_TIME - 1
            )

    return CsvTable(COLUMNS, rows_after, lambda row: int(row.seq), _lines)


def _lines(row: Any) -> Iterator[tuple[object, ...]]:  # noqa: ANN401 - a row of `change`
    return lines_of(change_out(row))


def lines_of(change: ChangeOut) -> Iterator[tuple[object, ...]]:
    """One line per field; a change without fields is one line with its outcome."""
    same = (
        change.sku,
        str(change.reason),
        change.lane,
        str(change.outcome),
        change.code,
        change.message,
        change.hint,
    )
    fields = list(dict.fromkeys([*change.after, *change.before]))
    for field in fields or [""]:
        before, after = change.before.get(field), change.after.get(field)
        yield *same, field, _cell(before), _cell(after)


def _cell(value: object) -> object:
    """Numbers and texts unchanged; objects and lists as JSON."""
    return json.dumps(value) if isinstance(value, dict | list | bool) else value
