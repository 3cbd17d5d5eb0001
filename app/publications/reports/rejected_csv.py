"""Notes for the catalog rows whose changes a run could not publish."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.engine.read.formulas import NOTE_COLUMNS
from app.catalogs.reports.rejected_csv import MAX_ROWS
from app.core.statements import load_statements
from app.publications.error_classes import error_class_of, hint_for, message_of

_REJECTED = load_statements(__package__, "rejected_csv.sql")["rejected_changes"]


async def rejected_changes(
    session: AsyncSession, publication_id: UUID, store_id: UUID
) -> Sequence[Any]:
    """SKU, code and message of changes that were rejected or are in quarantine."""
    values = {"id": publication_id, "store": store_id, "most": MAX_ROWS}
    return (await session.execute(_REJECTED, values)).all()


def notes_of(rows: Sequence[Any]) -> pl.DataFrame:
    """`sku_key` and the NOTES columns of rejected changes."""
    columns = dict.fromkeys(("sku_key", "code", "message"), pl.String)
    found = pl.DataFrame([tuple(row) for row in rows], schema=columns, orient="row")
    causes = found.select("code", "message").unique()
    words = [_words(*cause) for cause in causes.iter_rows()]
    notes = causes.with_columns(
        pl.Series(name, [each[place] for each in words], dtype=pl.String)
        for place, name in enumerate(NOTE_COLUMNS)
    )
    return (
        found.join(notes, on=["code", "message"], how="left", nulls_equal=True)
        .select("sku_key", *NOTE_COLUMNS)
        .unique("sku_key", maintain_order=True)
    )


def _words(code: str | None, message: str | None) -> tuple[str, str, str]:
    kind = error_class_of(code, message)
    return code or "refused", message_of(code, message), hint_for(code, kind)
