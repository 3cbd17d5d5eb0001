"""Fast path: skips rows that are unchanged since the last import.

The digest of the last import has a hash of each row. Most catalogs keep their order, so
each row is compared with the hash for its line, and with all hashes if too few match.
The remaining rows take the same code path as a whole catalog.
"""

from dataclasses import dataclass, replace
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.digest import ROWS, SOURCE, Digest, source_hash
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.pipeline.stored_offers import read_by_fingerprint, read_by_key
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.passes import all_collected
from app.catalogs.engine.transform.columns import attribute_text
from app.catalogs.engine.transform.fill_down import cells_of
from app.catalogs.engine.validate.column_facts import UnchangedRows
from app.catalogs.engine.validate.decimal_separator import combined_traits

_MAX_ROWS = 250_000
"""With more changed rows, the full import runs, which keeps no cells in memory."""
_MAX_MOVED_SHARE = 0.1
"""Maximum share of changed rows for the comparison by line."""


@dataclass(frozen=True, slots=True)
class RowsToCompare:
    """Staged rows of a catalog, and the stored offers to compare them with.

    `unchanged`: digest rows of unchanged rows, one per row that is not staged.
    """

    staged: Staged
    stored: pl.DataFrame
    unchanged: pl.DataFrame
    categories: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Split:
    """Changed `rows`; digest rows that are `unchanged` or `missing`."""

    rows: pl.DataFrame
    unchanged: pl.DataFrame
    missing: pl.DataFrame
    categories: pl.DataFrame


def find_changed_rows(
    connection: psycopg.Connection,
    store_id: UUID,
    frame: pl.LazyFrame,
    config: ImportConfig,
    digest: Digest,
) -> RowsToCompare | None:
    """The changed rows and their stored offers; None if a full import is needed."""
    hashed = frame.with_columns(source_hash(config))
    split = _match_by_line(hashed, config, digest) or _match_by_hash(
        hashed, config, digest
    )
    if split is None:
        return None
    staged = _staged(split, config, digest)
    if staged is None:
        return None
    stored = read_by_key(connection, store_id, _keys(staged))
    repeats = split.unchanged["fingerprint"].is_in(stored["fingerprint"].implode())
    if repeats.any():
        # A changed row has the same SKU as an unchanged row.
        repeated = split.unchanged.filter(repeats)[SOURCE]
        return find_changed_rows(
            connection, store_id, frame, config, _without(digest, repeated)
        )
    numbers = split.missing["fingerprint"]
    absent = numbers.filter(~numbers.is_in(stored["fingerprint"].implode()))
    stored = pl.concat([stored, read_by_fingerprint(connection, store_id, absent)])
    return RowsToCompare(staged, stored, split.unchanged, split.categories)


def _match_by_line(
    hashed: pl.LazyFrame, config: ImportConfig, digest: Digest
) -> _Split | None:
    """Compare each row with the hash for its line. None if many rows moved."""
    before = _indexed_by_line(digest.rows[LINE], digest.rows[SOURCE])
    last = len(before) - 1
    previous = pl.col(LINE).map_batches(
        lambda lines: before.gather(lines.clip(upper_bound=last)),
        return_dtype=pl.Int64,
        is_elementwise=True,
    )
    as_before = (previous == pl.col(SOURCE)).fill_null(value=False)
    marked = hashed.with_columns(as_before.alias("as_before"))
    # Polars would push a filter here into the scan and read the file twice.
    lines, rows, categories = all_collected(
        [
            marked.select(LINE, "as_before"),
            marked.filter(~pl.col("as_before")).drop("as_before").head(_MAX_ROWS + 1),
            _categories(marked, config),
        ]
    )
    if rows.height > min(_MAX_ROWS, _MAX_MOVED_SHARE * lines.height):
        return None
    same = lines.filter("as_before")[LINE]
    is_there = pl.Series([False]).new_from_index(0, last + 1)
    there = is_there.scatter(same, values=True).gather(digest.rows[LINE])
    unchanged, missing = digest.rows.filter(there), digest.rows.filter(~there)
    return _Split(rows.drop(SOURCE).sort(LINE), unchanged, missing, categories)


def _indexed_by_line(lines: pl.Series, values: pl.Series) -> pl.Series:
    """The values indexed by line; the last element is null."""
    most = lines.to_frame().select(pl.col(LINE).max().fill_null(0)).item()
    return values.clear(most + 2).scatter(lines, values)


def _match_by_hash(
    hashed: pl.LazyFrame, config: ImportConfig, digest: Digest
) -> _Split | None:
    """Compare all rows with all hashes in one pass: the three queries share a scan."""
    before = digest.rows.lazy().select(SOURCE)
    sources, rows, categories = all_collected(
        [
            hashed.select(LINE, SOURCE),
            hashed.join(before, on=SOURCE, how="anti").head(_MAX_ROWS + 1),
            _categories(hashed, config),
        ]
    )
    if rows.height > _MAX_ROWS:
        return None
    there = digest.rows[SOURCE].is_in(sources[SOURCE].implode())
    there = there.fill_null(value=False)
    unchanged = digest.rows.filter(there)
    if unchanged.height + rows.height != sources.height:
        seen = sources[SOURCE]
        repeated = seen.filter(seen.is_duplicated()).drop_nulls().unique()
        twice = unchanged.filter(unchanged[SOURCE].is_duplicated())[SOURCE]
        doubtful = pl.concat([repeated, twice])
        if doubtful.is_empty():
            return None
        return _match_by_hash(hashed, config, _without(digest, doubtful))
    unchanged = unchanged.drop(LINE).join(sources, on=SOURCE).select(*ROWS)
    rows = rows.drop(SOURCE).sort(LINE)
    return _Split(rows, unchanged, digest.rows.filter(~there), categories)


def _without(digest: Digest, sources: pl.Series) -> Digest:
    """A copy that forces the rows with these hashes to be parsed again."""
    keep = ~pl.col(SOURCE).is_in(sources.implode())
    rows = digest.rows.with_columns(pl.when(keep).then(SOURCE).alias(SOURCE))
    return replace(digest, rows=rows)


def _categories(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """The merchant's categories with their number of rows."""
    source = config.mapping.attributes.get("category")
    cells = cells_of(source) if source else []
    counted = frame.group_by(cells).len() if cells else frame.select(pl.len())
    text = attribute_text(source) if source else pl.lit(None, pl.String)
    named = counted.select(text.alias("category"), "len")
    return named.group_by("category").agg(pl.col("len").sum())


def _staged(split: _Split, config: ImportConfig, digest: Digest) -> Staged | None:
    """None if the changed rows change the decimal separators of the catalog."""
    traits = combined_traits(split.unchanged["traits"])
    others = UnchangedRows(traits, split.unchanged.height)
    staged = stage(split.rows.lazy(), config, others)
    separators = dict(staged.facts.separators)
    return staged if separators == dict(digest.separators) else None


def _keys(staged: Staged) -> pl.Series:
    return staged.keys["sku_key"].drop_nulls().unique()
