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
    STORED_SCHEMA,
    CatalogDiff,
    compare,
    find_duplicates,
)
from app.catalogs.engine.pipeline.digest import ROWS, Digest
from app.catalogs.engine.pipeline.empty_columns import empty_attributes
from app.catalogs.engine.pipeline.incremental import RowsToCompare, find_changed_rows
from app.catalogs.engine.pipeline.initial_load import InitialLoad
from app.catalogs.engine.pipeline.known_products import (
    read_known_products,
    with_product_facts,
)
from app.catalogs.engine.pipeline.load import lock_store, write_offers, write_report
from app.catalogs.engine.pipeline.quick_updates import (
    delete_older_values,
    has_unseen_quick_updates,
    read_quick_updates,
)
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.pipeline.stored_offers import (
    count_unreadable_before,
    delete_digest,
    has_offers,
    read_all_offers,
    read_by_key,
    read_digest,
    write_digest,
)
from app.catalogs.engine.read.frames import LINE, OpenedCatalog
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.transform.fill_down import fill_down
from app.catalogs.engine.transform.rules import count_excluded, filter_names
from app.offers.import_sql import RESTATE, STATE_PARTIAL

_MAX_ROWS_IN_MEMORY = 200_000
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
        frame = fill_down(opened.frame, config.mapping, Path(folder))
        known = read_known_products(connection, config, store_id)
        return _Import(
            connection,
            with_product_facts(config, frame, known),
            store_id,
            catalog_id,
            replace(opened, frame=frame),
            source.limits.max_stored_problems,
            as_of or datetime.now(UTC),
            empty_attributes(frame, config.mapping),
            on_phase,
            finish,
        ).run()


@dataclass(frozen=True, slots=True)
class _Import:
    """The import of one catalog; at most `most` problems are stored.

    `empty` is known before the rows are: its read ahead takes as much memory as they.
    """

    connection: psycopg.Connection
    config: ImportConfig
    store_id: UUID
    catalog_id: UUID
    opened: OpenedCatalog
    most: int
    as_of: datetime
    empty: tuple[str, ...]
    on_phase: Callable[[str], None]
    finish: Callable[[psycopg.Connection, ImportResult], None]

    def run(self) -> ImportResult:
        """Import by whichever way is shorter."""
        # An initial load cannot apply filters: they need parsed rows.
        filters = self.config.mapping.filters
        if not filters and not has_offers(self.connection, self.store_id):
            result = self.load_initial()
            if result:
                return result
        while (done := self.compare_and_write()) is None:
            pass
        return done

    def load_initial(self) -> ImportResult | None:
        """Import without comparing; None: rolled back, compare instead."""
        initial = InitialLoad(self.opened.frame, self.config, self.most)
        with self.connection.transaction() as transaction:
            lock_store(self.connection, self.store_id)
            self.on_phase("loading")
            staged = initial.write(self.connection, self.store_id)
            if staged is None:
                raise psycopg.Rollback(transaction)
            rows = RowsToCompare(
                staged,
                pl.DataFrame(schema=STORED_SCHEMA),
                pl.DataFrame(schema=ROWS),
                row_report.count_categories(staged.keys),
            )
            self._require_rows(rows)
            self.on_phase("staged")
            comparison = compare(
                staged.keys, rows.stored, initial.duplicates, self.config.invalid_rows
            )
            self.on_phase("compared")
            bad = row_report.rows_to_report(staged.keys, initial.duplicates, self.most)
            problems = row_report.problem_rows(initial.texts, bad, self.most)
            return self._write_results(rows, comparison, problems)
        return None

    def compare_and_write(self) -> ImportResult | None:
        """Compare with the stored offers and write the differences.

        None: nothing was written, since a new quick update must be compared too.
        """
        quick = read_quick_updates(self.connection, self.store_id)
        rows = self._rows_to_compare(quick)
        self._require_rows(rows)
        self.on_phase("staged")
        keys = rows.staged.keys
        duplicates = find_duplicates(keys, self.config.duplicates)
        comparison = compare(
            keys,
            rows.stored,
            duplicates,
            self.config.invalid_rows,
            count_unreadable_before(self.connection, self.store_id),
        )
        bad = row_report.rows_to_report(keys, duplicates, self.most)
        bad = bad.with_columns(filter_names(self.config.mapping, keys, bad[LINE]))
        staged = _load_if_few(rows.staged, comparison, bad[LINE])
        texts = collected(staged.texts(bad[LINE]))
        problems = row_report.problem_rows(texts, bad, self.most)
        self.on_phase("compared")
        with self.connection.transaction():
            lock_store(self.connection, self.store_id)
            if has_unseen_quick_updates(
                self.connection, self.store_id, self.as_of, quick
            ):
                return None
            self.on_phase("loading")
            named = keys["sku_key"].drop_nulls() if self.config.partial else None
            delete_older_values(self.connection, self.store_id, self.as_of, named)
            write_offers(self.connection, self.store_id, staged, comparison)
            return self._write_results(rows, comparison, problems)

    def _rows_to_compare(self, quick: pl.DataFrame) -> RowsToCompare:
        """Only changed rows if a digest allows it, else all rows and all offers.

        A partial catalog is compared with the offers that it contains, so that no
        other offer becomes absent.
        """
        if self.config.partial:
            staged = stage(self.opened.frame, self.config)
            named = staged.keys["sku_key"].drop_nulls().unique()
            stored = read_by_key(self.connection, self.store_id, named)
            categories = row_report.count_categories(staged.keys)
            return RowsToCompare(staged, stored, pl.DataFrame(schema=ROWS), categories)
        digest = read_digest(self.connection, self.store_id, self.config)
        if digest:
            found = find_changed_rows(
                self.connection,
                self.store_id,
                self.opened.frame,
                self.config,
                digest.without(quick["base_fingerprint"]),
            )
            if found:
                return self._add_quick_updates(found, quick)
        with ThreadPoolExecutor(1) as reader:
            reading = reader.submit(read_all_offers, self.connection, self.store_id)
            staged = stage(self.opened.frame, self.config)
            none = pl.DataFrame(schema=ROWS)
            categories = row_report.count_categories(staged.keys)
            return RowsToCompare(staged, reading.result(), none, categories)

    def _add_quick_updates(
        self, rows: RowsToCompare, quick: pl.DataFrame
    ) -> RowsToCompare:
        """Add the offers with quick updates, which have no fingerprint of a row."""
        missing = quick.join(rows.stored, on="sku_key", how="anti")["sku_key"]
        more = read_by_key(self.connection, self.store_id, missing)
        return replace(rows, stored=pl.concat([rows.stored, more]))

    def _write_results(
        self, rows: RowsToCompare, comparison: CatalogDiff, problems: pl.DataFrame
    ) -> ImportResult:
        """Write digest, report and result in the transaction of the offers."""
        result = _result(self.opened, rows, comparison, problems.height, self.empty)
        if self.config.partial:
            # The digest covers all offers and is now outdated.
            delete_digest(self.connection, self.store_id)
            self._state_partial(rows.staged.keys["sku_key"].drop_nulls().unique())
        elif len(comparison.doubtful):
            # The digest has no row for them; the next import reads all offers.
            delete_digest(self.connection, self.store_id)
        else:
            seen = pl.concat([rows.unchanged, comparison.digest_rows])
            digest = Digest(rows.staged.facts.separators, seen)
            write_digest(self.connection, self.store_id, self.config, digest)
        write_report(self.connection, self.catalog_id, problems)
        self.on_phase("written")
        self.finish(self.connection, result)
        return result

    def _state_partial(self, named: pl.Series) -> None:
        """Record the time of the quantities, and count sales since then."""
        keys = named.to_list()
        self.connection.execute(
            STATE_PARTIAL, {"store": self.store_id, "named": keys, "as_of": self.as_of}
        )
        self.connection.execute(RESTATE, [self.store_id, keys])

    def _require_rows(self, rows: RowsToCompare) -> None:
        if rows.staged.keys.is_empty() and rows.unchanged.is_empty():
            raise CatalogRejectedError(
                "empty", "the catalog has no rows", "a header and at least one row"
            )


def _load_if_few(staged: Staged, comparison: CatalogDiff, bad: pl.Series) -> Staged:
    """Read the rows to write into memory with one more pass, if they are few."""
    if comparison.writes is None:
        return staged
    lines = pl.concat([comparison.writes, bad]).unique()
    return staged.in_memory(lines) if len(lines) <= _MAX_ROWS_IN_MEMORY else staged


def _result(
    opened: OpenedCatalog,
    rows: RowsToCompare,
    comparison: CatalogDiff,
    reported: int,
    empty: tuple[str, ...],
) -> ImportResult:
    counts, unchanged = comparison.counts, rows.unchanged.height
    by_filter = count_excluded(rows.staged.config.mapping, rows.staged.keys)
    by_code = row_report.problem_counts(rows.staged.keys, comparison.duplicates)
    notes = row_report.column_notes(by_code)
    return ImportResult(
        counts=replace(
            counts,
            rows=counts.rows + unchanged,
            unchanged=counts.unchanged + unchanged,
            excluded=sum(by_filter.values()),
        ),
        columns=opened.columns,
        detected=replace(opened.detected, notes=opened.detected.notes + notes),
        source_categories=row_report.source_categories(rows.categories),
        problem_counts=by_code,
        reported=reported,
        excluded_by=by_filter,
        empty=empty,
    )
