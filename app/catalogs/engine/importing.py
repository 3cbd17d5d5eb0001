"""Import one catalog: read, check, compare, and write in one transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine import report
from app.catalogs.engine.compare import Comparison, compare
from app.catalogs.engine.config import ImportConfig, ImportResult
from app.catalogs.engine.digest import ROWS, Digest
from app.catalogs.engine.known import has_offers, read_digest, read_known, write_digest
from app.catalogs.engine.load import lock_store, write_offers, write_report
from app.catalogs.engine.reading import LINE, OpenedCatalog, open_catalog
from app.catalogs.engine.shortcut import Look, find_remainder
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
    ):
        on_phase("opened")
        look = _look(connection, store_id, opened, config, Path(folder))
        if look.staged.keys.is_empty() and look.settled.is_empty():
            raise CatalogRejectedError(
                "empty", "the catalog has no rows", "a header and at least one row"
            )
        on_phase("staged")
        is_first = look.known.is_empty() and look.settled.is_empty()
        comparison = compare(
            look.staged.keys, look.known, config.duplicates, config.invalid_rows
        )
        bad = report.rows_to_report(
            look.staged.keys, comparison.duplicates, source.limits.max_stored_problems
        )
        staged = _few_at_hand(look.staged, comparison, bad[LINE])
        problems = report.problem_rows(staged, bad, source.limits.max_stored_problems)
        result = _result(opened, look, comparison, problems.height)
        digest = Digest(staged.signs, pl.concat([look.settled, comparison.seen]))
        on_phase("compared")
        with connection.transaction():
            lock_store(connection, store_id)
            on_phase("loading")
            write_offers(connection, store_id, staged, comparison, is_first=is_first)
            write_digest(connection, store_id, config, digest)
            write_report(connection, catalog_id, problems)
            on_phase("written")
            finish(connection, result)
    return result


def _look(
    connection: psycopg.Connection,
    store_id: UUID,
    opened: OpenedCatalog,
    config: ImportConfig,
    workdir: Path,
) -> Look:
    """The short way where a digest allows it, else every row and every offer."""
    digest = read_digest(connection, store_id, config)
    if digest:
        found = find_remainder(connection, store_id, opened.frame, config, digest)
        if found:
            return found
    spill_to = None if has_offers(connection, store_id) else workdir
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read_known, connection, store_id)
        staged = stage(opened.frame, config, spill_to=spill_to)
        none = pl.DataFrame(schema=ROWS)
        categories = report.count_categories(staged.keys)
        return Look(staged, reading.result(), none, categories)


def _few_at_hand(staged: Staged, comparison: Comparison, bad: pl.Series) -> Staged:
    """One more pass over the file for all that is written, when that is little."""
    if comparison.writes is None:
        return staged
    lines = pl.concat([comparison.writes, bad]).unique()
    return staged.at_hand(lines) if len(lines) <= _MOST_AT_HAND else staged


def _result(
    opened: OpenedCatalog, look: Look, comparison: Comparison, reported: int
) -> ImportResult:
    counts, settled = comparison.counts, look.settled.height
    return ImportResult(
        counts=replace(
            counts, rows=counts.rows + settled, unchanged=counts.unchanged + settled
        ),
        columns=opened.columns,
        found=opened.found,
        source_categories=report.source_categories(look.categories),
        problem_counts=report.problem_counts(look.staged.keys, comparison.duplicates),
        reported=reported,
    )
