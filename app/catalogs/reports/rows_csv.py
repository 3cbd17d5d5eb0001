"""Exports a row report as CSV: one line per problem."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.catalogs import queries
from app.catalogs.models import Catalog
from app.catalogs.schemas import RowProblemOut, problem_out
from app.database import Database
from app.web.csv_response import ROWS_AT_A_TIME, CsvTable

Place = tuple[str, ...]


def rows_table(
    database: Database, catalog: Catalog, code: str | None, currency: str
) -> CsvTable[Any, Place]:
    async def rows_after(place: Place | None) -> Sequence[Any]:
        # The query returns one row more than its limit.
        async with database.transaction() as tx:
            return await queries.problems(
                tx.session, catalog, code, place, ROWS_AT_A_TIME - 1
            )

    def lines(row: Any) -> Iterator[tuple[object, ...]]:  # noqa: ANN401 - a row
        yield tuple(problem_out(row, currency).model_dump().values())

    return CsvTable(tuple(RowProblemOut.model_fields), rows_after, _place, lines)


def _place(row: Any) -> Place:  # noqa: ANN401 - a row of `catalog_problem`
    return str(row.line), row.field, row.code
