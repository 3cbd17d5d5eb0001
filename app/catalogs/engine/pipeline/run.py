"""Imports one catalog: reads, validates, compares and writes in one transaction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine.config import ImportConfig, ImportResult
from app.catalogs.engine.pipeline import row_report
from app.catalogs.engine.pipeline.diff import (
    KNOWN,
    Comparison,
    compare,
    find_duplicates,
)
from app.catalogs.engine.pipeline.digest import ROWS, Digest
from app.catalogs.engine.pipeline.empty_columns import empty_attributes
from app.catalogs.engine.pipeline.incremental import Look, find_remainder
from app.catalogs.engine.pipeline.initial_load import FirstLoad
from app.catalogs.engine.pipeline.load import lock_store, write_offers, write_report
from app.catalogs.engine.pipeline.quick_updates import (
    came_meanwhile,
    forget_older,
    read_quick,
)
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.pipeline.stored_offers import (
    forget_digest,
    has_offers,
    read_by_key,
    read_digest,
    read_known,
    write_digest,
)
from app.catalogs.engine.read.reader import LINE, OpenedCatalog, open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.transform.rules import excluded_by, filter_names

_MOST_AT_HAND = 200_000
PHASES = ("opened", "staged", "compared", "loading", "written")
"""Phases of an import that compares; an initial load writes before it compares."""


def import_catalog(  # noqa: PLR0913, PLR0917 - the engine's entry point
    connection: psycopg.Connection,
    source: SourceFile,
    config: ImportConfig,
    store_id: UUID,
    catalog_id: UUID,
    workdir: Path,
    *,
    on_phase: Callable[[str], None],
    finish: Callable[[psycopg.Connection, ImportResult], None],
    as_of: datetime | None = None,
) -> ImportResult:
    """Set the desired state of the store's offers to the catalog. Idempotent.

    `finish` runs in the transaction of the writes: if it raises, all is rolled back.
    Two imports of one store must not run concurrently. `as_of` is the time of the
    catalog's data (None: now); newer quick updates override it. Raises
    CatalogRejectedError for an unusable file, before anything is written.
    """
    with (
        TemporaryDirectory(dir=workdir) as folder,
        open_catalog(source, config.mapping.columns, Path(folder)) as opened,
    ):
        on_phase("opened")
        most = source.limits.max_stored_problems
        then = as_of or datetime.now(UTC)
        task = _Import(
            connection,
            config,
            store_id,
            catalog_id,
            opened,
            most,
            then,
            on_phase,
            finish,
        )
        # An initial load cannot apply filters: they need parsed rows.
        if not config.mapping.filters and not has_offers(connection, store_id):
            result = task.load_first()
            if result:
                return result
        while (done := task.compare_and_write()) is None:
            pass
        return done


@dataclass(frozen=True, slots=True)
class _Import:
    """The import of one catalog; at most `most` problems are stored."""

    connection: psycopg.Connection
    config: ImportConfig
    store_id: UUID
    catalog_id: UUID
    opened: OpenedCatalog
    most: int
    as_of: datetime
    on_phase: Callable[[str], None]
    finish: Callable[[psycopg.Connection, ImportResult], None]

    def load_first(self) -> ImportResult | None:
        """Import without comparing; None: rolled back, compare instead."""
        load = FirstLoad(self.opened.frame, self.config, self.most)
        with self.connection.transaction() as transaction:
            lock_store(self.connection, self.store_id)
            self.on_phase("loading")
            staged = load.write(self.connection, self.store_id)
            if staged is None:
                raise psycopg.Rollback(transaction)
            look = Look(
                staged,
                pl.DataFrame(schema=KNOWN),
                pl.DataFrame(schema=ROWS),
                row_report.count_categories(staged.keys),
            )
            self._require_rows(look)
            self.on_phase("staged")
            comparison = compare(
                staged.keys, look.known, load.duplicates, self.config.invalid_rows
            )
            self.on_phase("compared")
            bad = row_report.rows_to_report(staged.keys, load.duplicates, self.most)
            problems = row_report.problem_rows(load.said, bad, self.most)
            return self._conclude(look, comparison, problems)
        return None

    def compare_and_write(self) -> ImportResult | None:
        """Compare with the stored offers and write the differences.

        None: nothing was written, since a new quick update must be compared too.
        """
        quick = read_quick(self.connection, self.store_id)
        look = self._look(quick)
        self._require_rows(look)
        self.on_phase("staged")
        keys = look.staged.keys
        duplicates = find_duplicates(keys, self.config.duplicates)
        comparison = compare(keys, look.known, duplicates, self.config.invalid_rows)
        bad = row_report.rows_to_report(keys, duplicates, self.most)
        bad = bad.with_columns(filter_names(self.config.mapping, keys, bad[LINE]))
        staged = _few_at_hand(look.staged, comparison, bad[LINE])
        said = staged.texts(bad[LINE]).collect(engine="streaming")
        problems = row_report.problem_rows(said, bad, self.most)
        self.on_phase("compared")
        with self.connection.transaction():
            lock_store(self.connection, self.store_id)
            if came_meanwhile(self.connection, self.store_id, self.as_of, quick):
                return None
            self.on_phase("loading")
            named = keys["sku_key"].drop_nulls() if self.config.partial else None
            forget_older(self.connection, self.store_id, self.as_of, named)
            write_offers(self.connection, self.store_id, staged, comparison)
            return self._conclude(look, comparison, problems)

    def _look(self, quick: pl.DataFrame) -> Look:
        """Only changed rows if a digest allows it, else all rows and all offers.

        A partial catalog is compared with the offers that it contains, so that no
        other offer becomes absent.
        """
        if self.config.partial:
            staged = stage(self.opened.frame, self.config)
            named = staged.keys["sku_key"].drop_nulls().unique()
            known = read_by_key(self.connection, self.store_id, named)
            categories = row_report.count_categories(staged.keys)
            return Look(staged, known, pl.DataFrame(schema=ROWS), categories)
        digest = read_digest(self.connection, self.store_id, self.config)
        if digest:
            found = find_remainder(
                self.connection,
                self.store_id,
                self.opened.frame,
                self.config,
                digest.without(quick["over"]),
            )
            if found:
                return self._beside(found, quick)
        with ThreadPoolExecutor(1) as reader:
            reading = reader.submit(read_known, self.connection, self.store_id)
            staged = stage(self.opened.frame, self.config)
            none = pl.DataFrame(schema=ROWS)
            categories = row_report.count_categories(staged.keys)
            return Look(staged, reading.result(), none, categories)

    def _beside(self, look: Look, quick: pl.DataFrame) -> Look:
        """Add the offers with quick updates, which have no fingerprint of a row."""
        missing = quick.join(look.known, on="sku_key", how="anti")["sku_key"]
        more = read_by_key(self.connection, self.store_id, missing)
        return replace(look, known=pl.concat([look.known, more]))

    def _conclude(
        self, look: Look, comparison: Comparison, problems: pl.DataFrame
    ) -> ImportResult:
        """Write digest, report and result in the transaction of the offers."""
        empty = empty_attributes(self.opened.frame, self.config.mapping)
        result = _result(self.opened, look, comparison, problems.height, empty)
        if self.config.partial:
            # The digest covers all offers and is now outdated.
            forget_digest(self.connection, self.store_id)
        else:
            seen = pl.concat([look.settled, comparison.seen])
            digest = Digest(look.staged.signs, seen)
            write_digest(self.connection, self.store_id, self.config, digest)
        write_report(self.connection, self.catalog_id, problems)
        self.on_phase("written")
        self.finish(self.connection, result)
        return result

    def _require_rows(self, look: Look) -> None:
        if look.staged.keys.is_empty() and look.settled.is_empty():
            raise CatalogRejectedError(
                "empty", "the catalog has no rows", "a header and at least one row"
            )


def _few_at_hand(staged: Staged, comparison: Comparison, bad: pl.Series) -> Staged:
    """Read the rows to write into memory with one more pass, if they are few."""
    if comparison.writes is None:
        return staged
    lines = pl.concat([comparison.writes, bad]).unique()
    return staged.at_hand(lines) if len(lines) <= _MOST_AT_HAND else staged


def _result(
    opened: OpenedCatalog,
    look: Look,
    comparison: Comparison,
    reported: int,
    empty: tuple[str, ...],
) -> ImportResult:
    counts, settled = comparison.counts, look.settled.height
    left_out = excluded_by(look.staged.config.mapping, look.staged.keys)
    return ImportResult(
        counts=replace(
            counts,
            rows=counts.rows + settled,
            unchanged=counts.unchanged + settled,
            excluded=sum(left_out.values()),
        ),
        columns=opened.columns,
        found=opened.found,
        source_categories=row_report.source_categories(look.categories),
        problem_counts=row_report.problem_counts(
            look.staged.keys, comparison.duplicates
        ),
        reported=reported,
        excluded_by=left_out,
        empty=empty,
    )
