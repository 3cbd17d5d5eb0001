"""The short way: rows that stand in the catalog as they did before are not read.

A digest tells the mapped cells of the last catalog from any others. Most catalogs come
again in the same order, so that each row is compared with what stood on its line; where
that finds too little, with all rows of the digest. What remains is checked and compared
like a whole catalog: the same code, on fewer rows and offers.
"""

from dataclasses import dataclass, replace
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.digest import ROWS, SOURCE, Digest, source_hash
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.pipeline.stored_offers import read_by_fingerprint, read_by_key
from app.catalogs.engine.read.reader import LINE, cell
from app.catalogs.engine.transform.columns import attribute_text
from app.catalogs.engine.validate.decimal_separator import union

_MOST_ROWS = 250_000
"""More rows than this go the long way, which holds no cells in memory."""
_FEW_MOVED = 0.1
"""The share of rows, not as they were on their line, that is not looked up."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a catalog: rows, and the offers to compare them with.

    `settled` are the rows of the digest that are there again, one for each row of
    the catalog that is not staged.
    """

    staged: Staged
    known: pl.DataFrame
    settled: pl.DataFrame
    categories: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Split:
    """`settled` and `left` are rows of the digest, `rows` those of the catalog."""

    rows: pl.DataFrame
    settled: pl.DataFrame
    left: pl.DataFrame
    categories: pl.DataFrame


def find_remainder(
    connection: psycopg.Connection,
    store_id: UUID,
    frame: pl.LazyFrame,
    config: ImportConfig,
    digest: Digest,
) -> Look | None:
    """None where the long way is needed, or not longer."""
    hashed = frame.with_columns(source_hash(config))
    split = _in_place(hashed, config, digest) or _anywhere(hashed, config, digest)
    if split is None:
        return None
    staged = _staged(split, config, digest)
    if staged is None:
        return None
    known = read_by_key(connection, store_id, _keys(staged))
    again = split.settled["fingerprint"].is_in(known["fingerprint"].implode())
    if again.any():
        # A SKU of a row that is as before stands in another row, too.
        repeated = split.settled.filter(again)[SOURCE]
        return find_remainder(
            connection, store_id, frame, config, _without(digest, repeated)
        )
    numbers = split.left["fingerprint"]
    absent = numbers.filter(~numbers.is_in(known["fingerprint"].implode()))
    known = pl.concat([known, read_by_fingerprint(connection, store_id, absent)])
    return Look(staged, known, split.settled, split.categories)


def _in_place(
    hashed: pl.LazyFrame, config: ImportConfig, digest: Digest
) -> _Split | None:
    """Each row beside what stood on its line. None where many rows have moved."""
    before = _by_line(digest.rows[LINE], digest.rows[SOURCE])
    last = len(before) - 1
    stood = pl.col(LINE).map_batches(
        lambda lines: before.gather(lines.clip(upper_bound=last)),
        return_dtype=pl.Int64,
        is_elementwise=True,
    )
    as_before = (stood == pl.col(SOURCE)).fill_null(value=False)
    told = hashed.with_columns(as_before.alias("as_before"))
    # A filter here would be moved into the scan, and the file be read twice.
    lines, rows, categories = pl.collect_all(
        [
            told.select(LINE, "as_before"),
            told.filter(~pl.col("as_before")).drop("as_before").head(_MOST_ROWS + 1),
            _categories(told, config),
        ],
        engine="streaming",
    )
    if rows.height > min(_MOST_ROWS, _FEW_MOVED * lines.height):
        return None
    same = lines.filter("as_before")[LINE]
    is_there = pl.Series([False]).new_from_index(0, last + 1)
    there = is_there.scatter(same, values=True).gather(digest.rows[LINE])
    settled, left = digest.rows.filter(there), digest.rows.filter(~there)
    return _Split(rows.drop(SOURCE).sort(LINE), settled, left, categories)


def _by_line(lines: pl.Series, values: pl.Series) -> pl.Series:
    """The values at the places that their lines name; a null ends it."""
    most = lines.to_frame().select(pl.col(LINE).max().fill_null(0)).item()
    return values.clear(most + 2).scatter(lines, values)


def _anywhere(
    hashed: pl.LazyFrame, config: ImportConfig, digest: Digest
) -> _Split | None:
    """One pass over the file: Polars sees that the three start with the same."""
    before = digest.rows.lazy().select(SOURCE)
    sources, rows, categories = pl.collect_all(
        [
            hashed.select(LINE, SOURCE),
            hashed.join(before, on=SOURCE, how="anti").head(_MOST_ROWS + 1),
            _categories(hashed, config),
        ],
        engine="streaming",
    )
    if rows.height > _MOST_ROWS:
        return None
    there = digest.rows[SOURCE].is_in(sources[SOURCE].implode())
    there = there.fill_null(value=False)
    settled = digest.rows.filter(there)
    if settled.height + rows.height != sources.height:
        seen = sources[SOURCE]
        repeated = seen.filter(seen.is_duplicated()).drop_nulls().unique()
        twice = settled.filter(settled[SOURCE].is_duplicated())[SOURCE]
        doubtful = pl.concat([repeated, twice])
        if doubtful.is_empty():
            return None
        return _anywhere(hashed, config, _without(digest, doubtful))
    settled = settled.drop(LINE).join(sources, on=SOURCE).select(*ROWS)
    rows = rows.drop(SOURCE).sort(LINE)
    return _Split(rows, settled, digest.rows.filter(~there), categories)


def _without(digest: Digest, sources: pl.Series) -> Digest:
    """The same, with those rows to be looked at again."""
    keep = ~pl.col(SOURCE).is_in(sources.implode())
    rows = digest.rows.with_columns(pl.when(keep).then(SOURCE).alias(SOURCE))
    return replace(digest, rows=rows)


def _categories(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """Each of the merchant's categories with its number of rows."""
    source = config.mapping.attributes.get("category")
    cells = [cell(name) for name in source.columns] if source else []
    counted = frame.group_by(cells).len() if cells else frame.select(pl.len())
    text = attribute_text(source) if source else pl.lit(None, pl.String)
    named = counted.select(text.alias("category"), "len")
    return named.group_by("category").agg(pl.col("len").sum())


def _staged(split: _Split, config: ImportConfig, digest: Digest) -> Staged | None:
    """None where the remaining rows let amounts be read by other decimal signs."""
    others = union(split.settled["traits"])
    staged = stage(split.rows.lazy(), config, others)
    return staged if dict(staged.signs) == dict(digest.signs) else None


def _keys(staged: Staged) -> pl.Series:
    return staged.keys["sku_key"].drop_nulls().unique()
