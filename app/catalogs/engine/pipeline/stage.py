"""Parses and validates a catalog in one pass; keeps problems and fingerprint per row.

A second pass over the file computes the fields again for the rows to write. These are
usually few, and only the wide rows of small catalogs are kept in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.digest import SOURCE
from app.catalogs.engine.pipeline.full_rows import full_rows
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.passes import batches, collected
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
_FEW_ROWS = 10_000
"""Up to this many, keeping full rows is cheaper than computing them again."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A validated catalog: `keys` has one narrow row for each row of `frame`.

    Columns of `keys`: LINE, sku_key, mask, desired_state, fingerprint, SOURCE, traits,
    rounded_ean, category; with filters also EXCLUDED_BY, and excluded rows have no
    `sku_key`.
    `traits` are those of the rows as parsed with the separators of the mapping.
    `rows`: the full rows, if they are few.
    """

    keys: pl.DataFrame
    frame: pl.LazyFrame
    config: ImportConfig
    facts: ColumnFacts
    rows: pl.DataFrame | None = None

    def batches(self, lines: pl.Series | None = None) -> Iterator[pl.DataFrame]:
        """Full rows of those lines (None: all): FIELDS and the columns of `keys`."""
        if self.rows is not None:
            yield _of_lines(self.rows.lazy(), lines).drop(*_OURS).collect()
            return
        for batch in batches(_of_lines(self.frame, lines)):
            rows = full_rows(batch, self.config, self.facts)
            yield rows.drop(*_OURS).collect()

    def texts(self, lines: pl.Series) -> pl.LazyFrame:
        """The merchant's texts of those lines, by attribute."""
        return texts(_of_lines(self.frame, lines), self.config)

    def in_memory(self, lines: pl.Series) -> "Staged":
        """A copy with only those lines, in memory, which does not need the file."""
        held = collected(_of_lines(self.frame, lines))
        rows = self.rows
        if rows is not None:
            rows = _of_lines(rows.lazy(), lines).collect()
        return replace(self, frame=held.lazy(), rows=rows)


def _of_lines(frame: pl.LazyFrame, lines: pl.Series | None) -> pl.LazyFrame:
    if lines is None:
        return frame
    return frame.filter(pl.col(LINE).is_in(lines.implode()))


def stage(
    frame: pl.LazyFrame, config: ImportConfig, others: UnchangedRows = NO_ROWS
) -> Staged:
    """Parse every row once; `others` are the rows that are unchanged.

    A second pass follows only if amounts like `1.299` are ambiguous and the rest of
    their column determines the decimal separator, or if EANs were rounded.
    """
    stated = stated_facts(config)
    keys, rows = _keys(frame, config, stated)
    facts = facts_of_rows(stated, keys, others)
    if facts != stated:
        traits_before = keys["traits"]
        keys, rows = _keys(frame, config, facts)
        keys = keys.with_columns(traits_before)
    return Staged(keys, frame, config, facts, rows)


def texts(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """LINE and the merchant's texts by attribute."""
    return frame.select(LINE, *attribute_columns(config.mapping))


def _keys(
    frame: pl.LazyFrame, config: ImportConfig, facts: ColumnFacts
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The keys of all rows; also the full rows, if they are few."""
    keys: list[pl.DataFrame] = []
    few: pl.DataFrame | None = None
    for batch in batches(frame):
        source = batch.collect()
        rows = full_rows(source.lazy(), config, facts)
        if not keys and source.height <= _FEW_ROWS:
            few = rows.collect()
            rows = few.lazy()
        keys.append(row_keys(rows, facts).collect())
    return pl.concat(keys), few if len(keys) == 1 else None


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
