"""Exports rejected rows of uploads as CSV, to be corrected and uploaded again."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from fastapi import Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.engine.read.formulas import NOTE_COLUMNS
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.report.rejected_rows import csv_of_skus, csv_on_lines
from app.catalogs.engine.validate.problems import NOTE_CODES, describe
from app.catalogs.models import Catalog
from app.catalogs.parsing import answer_limits, parse_if_free
from app.core.errors import NotFoundError, UnavailableError
from app.parser_process.limits import ParserLimits
from app.settings import Settings
from app.stores.mapping.mapping_model import CatalogMapping

PATIENCE = 100.0
CsvReader = Callable[..., bytes]
MAX_ROWS = 100_000
"""Maximum rows in one file; the rest follows after these are corrected."""

_PROBLEMS = text(
    "SELECT line, field, code, value FROM catalog_problem WHERE catalog_id = :id "
    "AND code <> ALL(:notes) ORDER BY line, field, code"
)


async def problems_of(session: AsyncSession, catalog: Catalog) -> Sequence[Any]:
    """All stored errors of a catalog, in file order; no notes."""
    values = {"id": catalog.duplicate_of or catalog.id, "notes": sorted(NOTE_CODES)}
    return (await session.execute(_PROBLEMS, values)).all()


async def of_catalog(
    settings: Settings,
    source: SourceFile | None,
    problems: Sequence[Any],
    currency: str,
    filename: str,
) -> Response:
    """The rows with problems. Raises NotFoundError, UnavailableError."""
    if source is None:
        raise NotFoundError("The uploaded file was deleted.", code="file_deleted")
    notes = notes_of(problems, currency)
    limits = answer_limits(settings, PATIENCE, source)
    return await _answer(csv_on_lines, source, notes, filename=filename, limits=limits)


async def of_skus(
    settings: Settings,
    sources: Sequence[SourceFile],
    mapping: CatalogMapping | None,
    notes: pl.DataFrame,
    filename: str,
) -> Response:
    """The rows of rejected offers; `notes` has `sku_key` and NOTE_COLUMNS.

    Raises UnavailableError.
    """
    if mapping and mapping.missing:
        mapping = None
    given = sources, mapping, notes
    limits = answer_limits(settings, PATIENCE, *sources)
    return await _answer(csv_of_skus, *given, filename=filename, limits=limits)


async def _answer(
    read: CsvReader, *given: object, filename: str, limits: ParserLimits
) -> Response:
    """The CSV that `read(workdir, *given)` makes in a parser process."""
    try:
        with tempfile.TemporaryDirectory(prefix="refeed-rejected-") as folder:
            body = await parse_if_free(read, Path(folder), *given, limits=limits)
    except FileNotFoundError as error:
        raise NotFoundError(
            "The uploaded file was deleted.", code="file_deleted"
        ) from error
    except CatalogRejectedError as error:
        raise NotFoundError(
            f"The uploaded file cannot be read: {error.message}.", code=error.code
        ) from error
    if body is None:
        raise UnavailableError(
            "Too many files are being read; retry later.",
            headers={"Retry-After": "10"},
        )
    return Response(
        body,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def notes_of(problems: Sequence[Any], currency: str) -> pl.DataFrame:
    """One row per line: joined codes, messages and accepted values."""
    columns = {"line": pl.UInt32} | dict.fromkeys(("field", "code", "value"), pl.String)
    found = pl.DataFrame(
        [tuple(problem) for problem in problems], schema=columns, orient="row"
    )
    # Many rows have the same problem: format each message once.
    kinds = found.select("field", "code", "value").unique()
    words = [
        describe(field, code, value, currency)
        for field, code, value in kinds.iter_rows()
    ]
    messages = kinds.with_columns(
        pl.Series("message", [message for message, _ in words], dtype=pl.String),
        pl.Series("accepted", [accepted for _, accepted in words], dtype=pl.String),
    )
    code, message, hint = NOTE_COLUMNS
    named = pl.concat_str("field", pl.lit(": "), pl.col("message"))
    return (
        found.join(
            messages, on=["field", "code", "value"], how="left", nulls_equal=True
        )
        .group_by(pl.col("line").alias(LINE), maintain_order=True)
        .agg(
            pl.col("code").str.join("; ").alias(code),
            named.str.join("; ").alias(message),
            pl.col("accepted").unique(maintain_order=True).str.join("; ").alias(hint),
        )
        .head(MAX_ROWS)
    )
