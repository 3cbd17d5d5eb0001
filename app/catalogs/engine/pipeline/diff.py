"""Compares staged rows with stored offers: new, changed, unchanged or absent."""

from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from app.catalogs.engine.config import Counts, DuplicatePolicy, InvalidRowPolicy
from app.catalogs.engine.pipeline.digest import SOURCE
from app.catalogs.engine.pipeline.stage import (
    GONE,
    KEPT,
    UNSOLD,
    WANTED,
    stable_hash,
    standing_of,
)
from app.catalogs.engine.read.reader import LINE
from app.catalogs.engine.validate.problems import bit

KNOWN = {"sku_key": pl.String, "fingerprint": pl.Int64, "desired_state": pl.UInt8}
DUPLICATE = bit("sku", "duplicate_sku")


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`rows` (LINE, counts): every reported row, and the line that is used instead.

    `dropped`: lines that give no offer. `refused`: one line per SKU whose rows are
    all rejected.
    """

    rows: pl.DataFrame
    dropped: pl.Series
    refused: pl.Series


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes to write: `writes` are lines (None: all), `absent` are offer keys.

    `seen`: rows of the new digest, one per offer that the catalog contains.
    """

    counts: Counts
    writes: pl.Series | None
    absent: pl.Series
    duplicates: Duplicates
    seen: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        return self.writes is not None and not len(self.writes) + len(self.absent)


def compare(
    keys: pl.DataFrame,
    known: pl.DataFrame,
    duplicates: Duplicates,
    invalid_policy: InvalidRowPolicy,
) -> Comparison:
    """Compare every row with its stored offer, as column operations."""
    live = refuse(_live(keys, duplicates), duplicates.refused, invalid_policy)
    settled = live["fingerprint"].is_in(known["fingerprint"].implode())
    unmatched = _unmatched(known, live)
    rest = _beside_known(live.filter(~settled), unmatched)
    absent = _absent(rest, unmatched)
    counts = _counts(
        keys.height,
        live=live,
        settled=settled,
        rest=rest,
        absent=absent,
        duplicates=duplicates,
    )
    writes = rest[LINE]
    return Comparison(
        counts,
        None if len(writes) == keys.height else writes,
        absent["sku_key"],
        duplicates,
        _seen(live, duplicates),
    )


def find_duplicates(keys: pl.DataFrame, policy: DuplicatePolicy) -> Duplicates:
    """Rows that share a SKU; the policy selects by position in the file.

    `keys` has LINE and sku_key (null: not usable).
    """
    # 8-byte hashes find the few candidates faster than texts.
    likely = keys.select(pl.col("sku_key").hash().is_duplicated()).to_series()
    again = keys.select(LINE, "sku_key").filter(likely)
    again = again.filter(
        pl.col("sku_key").is_not_null() & pl.col("sku_key").is_duplicated()
    )
    line = pl.col(LINE)
    chosen = (line.max() if policy == "last" else line.min()).over("sku_key")
    again = again.select(LINE, chosen.alias("counts"))
    losers = again.filter(line != pl.col("counts"))
    if policy == "reject":
        reported = again.with_columns(counts=pl.lit(None, pl.UInt32))
        refused = again.filter(line == pl.col("counts"))[LINE]
        return Duplicates(reported, losers[LINE], refused)
    return Duplicates(losers, losers[LINE], losers[LINE].clear())


Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


def refuse(rows: Rows, refused: pl.Series, policy: InvalidRowPolicy) -> Rows:
    """Replace all problems of rejected SKUs by `duplicate_sku`."""
    if not len(refused):
        return rows
    is_refused = pl.col(LINE).is_in(refused.implode())
    mask = pl.lit(DUPLICATE, pl.Int64)
    desired_state = standing_of(mask, policy)
    return rows.with_columns(
        mask=pl.when(is_refused).then(mask).otherwise("mask"),
        desired_state=pl.when(is_refused)
        .then(desired_state)
        .otherwise("desired_state"),
        fingerprint=pl.when(is_refused)
        .then(stable_hash([pl.col("sku_key"), desired_state.cast(pl.String)]))
        .otherwise("fingerprint"),
    )


def _live(keys: pl.DataFrame, duplicates: Duplicates) -> pl.DataFrame:
    """One row per usable SKU."""
    live = keys.drop("category", strict=False)
    if live["sku_key"].null_count():
        live = live.filter(pl.col("sku_key").is_not_null())
    if len(duplicates.dropped):
        live = live.filter(~pl.col(LINE).is_in(duplicates.dropped.implode()))
    return live


def _seen(live: pl.DataFrame, duplicates: Duplicates) -> pl.DataFrame:
    plain = (pl.col("desired_state") == WANTED) & (pl.col("mask") == 0)
    if duplicates.rows.height:
        plain &= ~pl.col(LINE).is_in(duplicates.rows["counts"].implode())
    source = pl.when(plain).then(SOURCE).alias(SOURCE)
    return live.select(LINE, source, "fingerprint", "traits")


def _unmatched(known: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """Stored offers without a row of the same fingerprint.

    A fingerprint covers SKU and desired_state: equal numbers mean an unchanged offer,
    and SKUs are compared only for the rest. Two SKUs of one store share 64 bits once
    in ten million imports of a million rows.
    """
    if known.is_empty():
        return known
    matched = known["fingerprint"].is_in(live["fingerprint"].implode())
    return known.filter(~matched.fill_null(value=False))


def _beside_known(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Each row with `was`, the stored desired_state, null for a new offer."""
    if known.is_empty():
        return rows.with_columns(was=pl.lit(None, pl.UInt8))
    before = known.select("sku_key", pl.col("desired_state").alias("was"))
    return rows.join(before, on="sku_key", how="left")


def _absent(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Stored offers that the catalog does not contain and that are not yet absent."""
    unsettled = known.filter(
        (pl.col("desired_state") != GONE) | pl.col("fingerprint").is_not_null()
    )
    if unsettled.is_empty():
        return unsettled
    return unsettled.join(rows, on="sku_key", how="anti")


def _counts(  # noqa: PLR0913 - all that is counted
    rows: int,
    *,
    live: pl.DataFrame,
    settled: pl.Series,
    rest: pl.DataFrame,
    absent: pl.DataFrame,
    duplicates: Duplicates,
) -> Counts:
    valid = pl.col("desired_state") == WANTED
    unsold = (pl.col("mask") & UNSOLD) != 0
    was_online = pl.col("was").is_in([WANTED, KEPT]).fill_null(value=False)
    all_of = live.select(
        valid=valid.sum(),
        unchanged=(valid & pl.lit(settled)).sum(),
        unsold=unsold.sum(),
    ).row(0, named=True)
    created, unsold_now = rest.select(
        (valid & ~was_online).sum(), (unsold & was_online).sum().alias("unsold")
    ).row(0)
    left = absent.select((pl.col("desired_state") != GONE).sum()).item()
    return Counts(
        rows=rows,
        created=created,
        changed=all_of["valid"] - created - all_of["unchanged"],
        unchanged=all_of["unchanged"],
        invalid=rows - all_of["valid"],
        uncategorized=all_of["unsold"],
        duplicates=duplicates.rows.height,
        disappeared=unsold_now + left,
    )
