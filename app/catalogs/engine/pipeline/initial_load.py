"""Imports the first catalog of a store: writes rows while it computes the next ones.

There are no stored offers, so every usable row is written. Two facts about a row depend
on all others: duplicate SKUs, which a separate pass over the SKUs finds first, and
inferred decimal separators. Few catalogs need the latter; they take the usual path.
"""

from collections.abc import Iterator
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.diff import Duplicates, find_duplicates
from app.catalogs.engine.pipeline.load import stored_rows, write_first_offers
from app.catalogs.engine.pipeline.stage import (
    Staged,
    batches,
    fields_of,
    keys_of,
    rows_in_full,
    sku_keys,
    texts,
)
from app.catalogs.engine.read.reader import LINE
from app.catalogs.engine.validate.decimal_separator import (
    given_signs,
    learned_signs,
    union,
)


class FirstLoad:
    """Writes rows in batches and collects what the report needs.

    `said`: the merchant's texts of rows that may be in the row report.
    """

    def __init__(self, frame: pl.LazyFrame, config: ImportConfig, most: int) -> None:
        self._frame, self._config, self._most = frame, config, most
        self._signs = given_signs(config)
        self._keys: list[pl.DataFrame] = []
        self._said: list[pl.DataFrame] = []
        skus = sku_keys(frame, config).collect(engine="streaming")
        self.duplicates: Duplicates = find_duplicates(skus, config.duplicates)

    def write(self, connection: psycopg.Connection, store_id: UUID) -> Staged | None:
        """Write all rows; None if decimal separators must be inferred first."""
        fields = fields_of(self._config)
        write_first_offers(connection, store_id, fields, self._rows())
        keys = pl.concat(self._keys)
        if learned_signs(union(keys["traits"]), self._signs):
            return None
        return Staged(keys, self._frame, self._config, self._signs)

    @property
    def said(self) -> pl.DataFrame:
        return pl.concat(self._said)

    def _rows(self) -> Iterator[pl.DataFrame]:
        dropped = self.duplicates.dropped.implode()
        is_live = pl.col("sku_key").is_not_null() & ~pl.col(LINE).is_in(dropped)
        for batch in batches(self._frame):
            source = batch.collect().lazy()
            rows = rows_in_full(source, self._config, self._signs).collect()
            self._keys.append(keys_of(rows.lazy(), self._signs).collect())
            self._keep_texts(source, rows)
            live = rows.filter(is_live)
            yield stored_rows(live, self.duplicates, self._config)

    def _keep_texts(self, source: pl.LazyFrame, rows: pl.DataFrame) -> None:
        repeated = pl.col(LINE).is_in(self.duplicates.rows[LINE].implode())
        bad = rows.filter((pl.col("mask") != 0) | repeated)[LINE]
        if not self._said or sum(part.height for part in self._said) < self._most:
            named = source.filter(pl.col(LINE).is_in(bad.implode()))
            self._said.append(texts(named, self._config).collect())
