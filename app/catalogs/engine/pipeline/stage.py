"""Parses and validates a catalog in one pass; keeps problems and fingerprint per row.

A second pass over the file computes the fields again for the rows to write. These are
usually few, and wide rows are never kept in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.digest import SOURCE
from app.catalogs.engine.pipeline.full_rows import full_rows
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.transform.columns import attribute_columns, attribute_text
from app.catalogs.engine.transform.rules import EXCLUDED_BY
from app.catalogs.engine.validate.column_facts import (
    NO_ROWS,
    ColumnFacts,
    UnchangedRows,
    facts_of_rows,
    stated_facts,
)
from app.catalogs.engine.validate.decimal_separator import traits
from app.catalogs.engine.validate.offer import usable_sku
from app.catalogs.engine.validate.texts import sku_key

_KEYS = (
    LINE,
    "sku_key",
    "mask",
    "desired_state",
    "fingerprint",
    SOURCE,
    "rounded_ean",
)
_OURS = (SOURCE, "evidence", "rounded_ean")
_BATCH_ROWS = 125_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A validated catalog: `keys` has one narrow row for each row of `frame`.

    Columns of `keys`: LINE, sku_key, mask, desired_state, fingerprint, SOURCE, traits,
    rounded_ean, category; with filters also EXCLUDED_BY, and excluded rows have no
    `sku_key`.
    `traits` are those of the rows as parsed with the separators of the mapping.
    """

    keys: pl.DataFrame
    frame: pl.LazyFrame
    config: ImportConfig
    facts: ColumnFacts

    def batches(self, lines: pl.Series | None = None) -> Iterator[pl.DataFrame]:
        """Full rows of those lines (None: all): FIELDS and the columns of `keys`."""
        frame = self.frame if lines is None else self._source(lines)
        for batch in batches(frame):
            rows = full_rows(batch, self.config, self.facts)
            yield rows.drop(*_OURS).collect()

    def texts(self, lines: pl.Series) -> pl.LazyFrame:
        """The merchant's texts of those lines, by attribute."""
        return texts(self._source(lines), self.config)

    def in_memory(self, lines: pl.Series) -> "Staged":
        """A copy with only those lines, in memory, which does not need the file."""
        held = self._source(lines).collect(engine="streaming")
        return replace(self, frame=held.lazy())

    def _source(self, lines: pl.Series) -> pl.LazyFrame:
        return self.frame.filter(pl.col(LINE).is_in(lines.implode()))


def stage(
    frame: pl.LazyFrame, config: ImportConfig, others: UnchangedRows = NO_ROWS
) -> Staged:
    """Parse every row once; `others` are the rows that are unchanged.

    A second pass follows only if amounts like `1.299` are ambiguous and the rest of
    their column determines the decimal separator, or if EANs were rounded.
    """
    stated = stated_facts(config)
    keys = _keys(frame, config, stated)
    facts = facts_of_rows(stated, keys, others)
    if facts != stated:
        traits_before = keys["traits"]
        keys = _keys(frame, config, facts).with_columns(traits_before)
    return Staged(keys, frame, config, facts)


def texts(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """LINE and the merchant's texts by attribute."""
    return frame.select(LINE, *attribute_columns(config.mapping))


def _keys(
    frame: pl.LazyFrame, config: ImportConfig, facts: ColumnFacts
) -> pl.DataFrame:
    rows = (full_rows(batch, config, facts) for batch in batches(frame))
    return pl.concat(row_keys(part, facts).collect() for part in rows)


def row_keys(rows: pl.LazyFrame, facts: ColumnFacts) -> pl.LazyFrame:
    """The columns of `Staged.keys` of full rows."""
    category = pl.col("category").cast(pl.Categorical)
    more = pl.selectors.by_name(EXCLUDED_BY, require_all=False)
    return rows.select(*_KEYS, traits(facts.separators), category, more)


def sku_keys(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """LINE and `sku_key` alone, as `full_rows` has them."""
    sku = attribute_text(config.mapping.attributes["sku"])
    return frame.select(LINE, sku.alias("sku")).select(
        LINE, sku_key(usable_sku()).alias("sku_key")
    )


def batches(frame: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """Large batches of a streamed frame, at least one.

    The stream yields a few thousand rows at a time: starting two hundred expressions
    for each of these costs more than computing them.
    """
    is_empty = True
    for batch in frame.collect_batches(
        chunk_size=_BATCH_ROWS, maintain_order=True, engine="streaming"
    ):
        is_empty = False
        yield batch.lazy()
    if is_empty:
        yield pl.LazyFrame(schema=frame.collect_schema())
