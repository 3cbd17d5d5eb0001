"""Imports the first catalog of a store: writes rows while it computes the next ones.

There are no stored offers, so every usable row is written. Some facts about a row
depend on all others: duplicate SKUs, which a separate pass over the SKUs finds first,
inferred decimal separators and rounded EANs. Few catalogs need the latter; they take
the usual path.
"""

from collections.abc import Iterator
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.diff import Duplicates, find_duplicates
from app.catalogs.engine.pipeline.full_rows import fields_of, full_rows
from app.catalogs.engine.pipeline.load import insert_offers, offer_rows
from app.catalogs.engine.pipeline.stage import (
    Staged,
    row_keys,
    sku_keys,
    texts,
)
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.passes import batches, collected
from app.catalogs.engine.validate.column_facts import (
    NO_ROWS,
    facts_of_rows,
    stated_facts,
)


class InitialLoad:
    """Writes rows in batches and collects what the report needs.

    `texts`: the merchant's texts of rows that may be in the row report.
    """

    def __init__(
        self, frame: pl.LazyFrame, config: ImportConfig, max_problems: int
    ) -> None:
        self._frame, self._config, self._max_problems = frame, config, max_problems
        self._facts = stated_facts(config)
        self._keys: list[pl.DataFrame] = []
        self._texts: list[pl.DataFrame] = []
        skus = collected(sku_keys(frame, config))
        self.duplicates: Duplicates = find_duplicates(skus, config.duplicates)

    def write(self, connection: psycopg.Connection, store_id: UUID) -> Staged | None:
        """Write all rows; None if whole columns must be read first."""
        fields = fields_of(self._config)
        insert_offers(connection, store_id, fields, self._rows())
        keys = pl.concat(self._keys)
        if facts_of_rows(self._facts, keys, NO_ROWS) != self._facts:
            return None
        return Staged(keys, self._frame, self._config, self._facts)

    @property
    def texts(self) -> pl.DataFrame:
        return pl.concat(self._texts)

    def _rows(self) -> Iterator[pl.DataFrame]:
        dropped = self.duplicates.dropped.implode()
        is_live = pl.col("sku_key").is_not_null() & ~pl.col(LINE).is_in(dropped)
        for batch in batches(self._frame):
            source = batch.collect().lazy()
            rows = full_rows(source, self._config, self._facts).collect()
            self._keys.append(row_keys(rows.lazy(), self._facts).collect())
            self._collect_texts(source, rows)
            live = rows.filter(is_live)
            yield offer_rows(live, self.duplicates, self._config)

    def _collect_texts(self, source: pl.LazyFrame, rows: pl.DataFrame) -> None:
        repeated = pl.col(LINE).is_in(self.duplicates.rows[LINE].implode())
        bad = rows.filter((pl.col("mask") != 0) | repeated)[LINE]
        if (
            not self._texts
            or sum(part.height for part in self._texts) < self._max_problems
        ):
            named = source.filter(pl.col(LINE).is_in(bad.implode()))
            self._texts.append(texts(named, self._config).collect())
