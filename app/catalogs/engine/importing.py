"""Import one catalog: read, check, compare, and write in one transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine import report
from app.catalogs.engine.compare import Comparison, compare
from app.catalogs.engine.config import ImportConfig, ImportResult
from app.catalogs.engine.load import (
    lock_store,
    read_known,
    write_offers,
    write_report,
)
from app.catalogs.engine.reading import LINE, OpenedCatalog, open_catalog
from app.catalogs.engine.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.stage import Staged, stage

_MOST_AT_HAND = 200_000
PHASES = ("opened", "staged", "compared", "loading", "written")


def import_catalog(  # noqa: PLR0913, PLR0917 - the door names all it needs
    connection: psycopg.Connection,
    source: SourceFile,
    config: ImportConfig,
    store_id: UUID,
    catalog_id: UUID,
    workdir: Path,
    *,
    on_phase: Callable[[str], None],
    finish: Callable[[psycopg.Connection, ImportResult], None],
) -> ImportResult:
    """Make the store want what the catalog says; running it twice changes nothing.

    `finish` runs in the transaction of the writes: when it raises, nothing stays.
    Two imports of one store must not run at the same time. Raises
    CatalogRejectedError, before anything is written, for an unusable file.
    """
    with (
        TemporaryDirectory(dir=workdir) as folder,
        open_catalog(source, config.mapping.columns, Path(folder)) as opened,
        ThreadPoolExecutor(1) as reader,
    ):
        on_phase("opened")
        reading = reader.submit(read_known, connection, store_id)
        staged = stage(opened.frame, config)
        if staged.keys.is_empty():
            raise CatalogRejectedError(
                "empty", "the catalog has no rows", "a header and at least one row"
            )
        known = reading.result()
        on_phase("staged")
        is_first = known.is_empty()
        comparison = compare(staged.keys, known, config.duplicates, config.invalid_rows)
        del known, reading
        bad = report.rows_to_report(
            staged.keys, comparison.duplicates, source.limits.max_stored_problems
        )
        staged = _few_at_hand(staged, comparison, bad[LINE])
        problems = report.problem_rows(staged, bad, source.limits.max_stored_problems)
        result = _result(opened, staged, comparison, problems.height)
        on_phase("compared")
        with connection.transaction():
            lock_store(connection, store_id)
            on_phase("loading")
            write_offers(connection, store_id, staged, comparison, is_first=is_first)
            write_report(connection, catalog_id, problems)
            on_phase("written")
            finish(connection, result)
    return result


def _few_at_hand(staged: Staged, comparison: Comparison, bad: pl.Series) -> Staged:
    """One more pass over the file for all that is written, when that is little."""
    if comparison.writes is None:
        return staged
    lines = pl.concat([comparison.writes, bad]).unique()
    return staged.at_hand(lines) if len(lines) <= _MOST_AT_HAND else staged


def _result(
    opened: OpenedCatalog, staged: Staged, comparison: Comparison, reported: int
) -> ImportResult:
    return ImportResult(
        counts=comparison.counts,
        columns=opened.columns,
        found=opened.found,
        source_categories=report.source_categories(staged.keys),
        problem_counts=report.problem_counts(staged.keys, comparison.duplicates),
        reported=reported,
    )
