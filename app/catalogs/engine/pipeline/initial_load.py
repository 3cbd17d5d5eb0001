"""The first catalog of a store: its rows go in while the next ones are computed.

There are no offers to compare with, so that every usable row is written. Two things
are known of a row only after the last one was seen: a SKU that stands in another row,
too, which one look at the SKUs alone tells before; and the decimal sign that the rest
of a column tells, which few catalogs need and which makes this way give up.
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
    """Rows on their way into the store, and what is kept of them meanwhile.

    `said` are the merchant's texts of the rows that the row report may name.
    """

    def __init__(self, frame: pl.LazyFrame, config: ImportConfig, most: int) -> None:
        self._frame, self._config, self._most = frame, config, most
        self._signs = given_signs(config)
        self._keys: list[pl.DataFrame] = []
        self._said: list[pl.DataFrame] = []
        skus = sku_keys(frame, config).collect(engine="streaming")
        self.duplicates: Duplicates = find_duplicates(skus, config.duplicates)

    def write(self, connection: psycopg.Connection, store_id: UUID) -> Staged | None:
        """What a look at every row gives; None: the signs must be learned first."""
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
