"""Reads columns that are found by their names from any file that catalogs may be.

Runs in a parser process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.mapping.header_synonyms import words_of

MAX_CELL = 1000
Names = Mapping[str, Sequence[Sequence[str]]]
"""Per field groups of normalized column names; an earlier group takes precedence."""


@dataclass(frozen=True, slots=True)
class NamedRow:
    """One row; `is_torn`: its cells do not fit the header."""

    line: int
    is_torn: bool
    cells: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class NamedTable:
    """`columns`: the column of each field that was found."""

    columns: Mapping[str, str]
    rows: Sequence[NamedRow]


def read_named_columns(
    source: SourceFile,
    names: Names,
    required: Sequence[str],
    max_rows: int,
    workdir: Path,
) -> NamedTable:
    """Raises CatalogRejectedError: also for a missing or ambiguous column, for no rows
    and for more than `max_rows`.
    """
    with open_catalog(source, None, workdir) as opened:
        columns = find_columns(opened.columns, names, required)
        chosen = opened.frame.select(
            LINE,
            pl.col(FLAW) > 0,
            *(
                pl.col(cell(column)).str.slice(0, MAX_CELL).alias(field)
                for field, column in columns.items()
            ),
        )
        found = collected(chosen.head(max_rows + 1)).rows()
    _check_number(len(found), max_rows)
    rows = [
        NamedRow(line, is_torn, dict(zip(columns, cells, strict=True)))
        for line, is_torn, *cells in found
    ]
    return NamedTable(columns, rows)


def find_columns(
    present: Sequence[str], names: Names, required: Sequence[str]
) -> dict[str, str]:
    """The column of each field. Raises CatalogRejectedError."""
    found = {}
    for field, groups in names.items():
        column = _column_of(present, field, groups)
        if column is not None:
            found[field] = column
        elif field in required:
            raise CatalogRejectedError(
                "missing_column",
                f"the file has no column for `{field}`",
                f"a column named such as `{groups[0][0]}`; columns of this file: "
                + ", ".join(present[:100]),
            )
    return found


def _column_of(
    present: Sequence[str], field: str, groups: Sequence[Sequence[str]]
) -> str | None:
    for group in groups:
        fits = [name for name in present if " ".join(words_of(name)) in group]
        if len(fits) > 1:
            raise CatalogRejectedError(
                "ambiguous_column",
                f"several columns may be `{field}`: {', '.join(fits[:10])}",
                "one of them; remove or rename the others",
            )
        if fits:
            return fits[0]
    return None


def _check_number(rows: int, max_rows: int) -> None:
    if not rows:
        raise CatalogRejectedError(
            "empty", "the file has no rows", "a header and at least one row"
        )
    if rows > max_rows:
        raise CatalogRejectedError(
            "too_many_rows",
            f"the file has more than {max_rows} rows; none of them was used",
            f"at most {max_rows} rows; send the others in another file",
        )
