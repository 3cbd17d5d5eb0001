"""Compares staged rows with stored offers: new, changed, unchanged or absent."""

from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from app.catalogs.engine.config import DuplicatePolicy, ImportCounts, InvalidRowPolicy
from app.catalogs.engine.pipeline.digest import SOURCE
from app.catalogs.engine.pipeline.full_rows import (
    ABSENT,
    ACTIVE,
    NOT_FOR_SALE,
    RETAINED,
    TORN,
    desired_state_of,
    stable_hash,
)
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.validate.problem_types import MASK
from app.catalogs.engine.validate.problems import bit

STORED_SCHEMA = {
    "sku_key": pl.String,
    "fingerprint": pl.Int64,
    "desired_state": pl.UInt8,
}
DUPLICATE = bit("sku", "duplicate_sku")
UNREADABLE = bit("row", "unreadable_row")
"""The problem of an offer that stays online because of an unreadable row."""
_NO_SKU = TORN | bit("sku", "control_characters")


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`rows` (LINE, counts): every reported row, and the line that is used instead.

    `dropped`: lines that give no offer. `rejected`: one line per SKU whose rows are
    all rejected.
    """

    rows: pl.DataFrame
    dropped: pl.Series
    rejected: pl.Series


@dataclass(frozen=True, slots=True)
class CatalogDiff:
    """The changes to write: `writes` are lines (None: all), `absent` are offer keys.

    `doubtful` are keys of offers that no row names, but that unreadable rows may mean.
    `digest_rows`: rows of the new digest, one per offer that the catalog contains.
    """

    counts: ImportCounts
    writes: pl.Series | None
    absent: pl.Series
    doubtful: pl.Series
    duplicates: Duplicates
    digest_rows: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        return self.writes is not None and not any(
            map(len, (self.writes, self.absent, self.doubtful))
        )


def compare(
    keys: pl.DataFrame,
    stored: pl.DataFrame,
    duplicates: Duplicates,
    invalid_policy: InvalidRowPolicy,
    unreadable_before: int = 0,
) -> CatalogDiff:
    """Compare every row with its stored offer, as column operations.

    `unreadable_before`: unreadable rows of the store's current catalog.
    """
    usable = mark_rejected(
        _usable_rows(keys, duplicates), duplicates.rejected, invalid_policy
    )
    unchanged = usable["fingerprint"].is_in(stored["fingerprint"].implode())
    unmatched = _unmatched(stored, usable)
    changed = _join_stored(usable.filter(~unchanged), unmatched)
    missing = _absent(changed, unmatched)
    unreadable = count_unreadable(keys)
    doubtful = missing.clear()
    if invalid_policy == "keep" and unreadable:
        doubtful = doubtful_offers(missing, unreadable, unreadable_before)
    absent = missing.join(doubtful, on="sku_key", how="anti")
    counts = _counts(
        keys.height,
        usable=usable,
        unchanged=unchanged,
        changed=changed,
        absent=absent,
        duplicates=duplicates,
        unreadable=unreadable,
    )
    writes = changed[LINE]
    return CatalogDiff(
        counts,
        None if len(writes) == keys.height else writes,
        absent["sku_key"],
        doubtful["sku_key"],
        duplicates,
        _digest_rows(usable, duplicates),
    )


def find_duplicates(keys: pl.DataFrame, policy: DuplicatePolicy) -> Duplicates:
    """Rows that share a SKU; the policy selects by position in the file.

    `keys` has LINE and sku_key (null: not usable).
    """
    # 8-byte hashes find the few candidates faster than texts.
    likely = keys["sku_key"].hash().is_duplicated()
    if not likely.any():
        none = keys[LINE].clear()
        return Duplicates(_no_duplicates(), none, none)
    repeated = keys.select(LINE, "sku_key").filter(likely)
    repeated = repeated.filter(
        pl.col("sku_key").is_not_null() & pl.col("sku_key").is_duplicated()
    )
    line = pl.col(LINE)
    used = (line.max() if policy == "last" else line.min()).over("sku_key")
    repeated = repeated.select(LINE, used.alias("counts"))
    unused = repeated.filter(line != pl.col("counts"))
    if policy == "reject":
        reported = repeated.with_columns(counts=pl.lit(None, pl.UInt32))
        rejected = repeated.filter(line == pl.col("counts"))[LINE]
        return Duplicates(reported, unused[LINE], rejected)
    return Duplicates(unused, unused[LINE], unused[LINE].clear())


def _no_duplicates() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.UInt32, "counts": pl.UInt32})


def count_unreadable(keys: pl.DataFrame) -> int:
    """The number of rows whose SKU cannot be read; an empty SKU can."""
    lost = pl.col("sku_key").is_null() & ((pl.col("mask") & _NO_SKU) != 0)
    return int(keys.select(lost.sum()).item())


def doubtful_offers(
    missing: pl.DataFrame, unreadable: int, unreadable_before: int
) -> pl.DataFrame:
    """The missing offers that keep their listings; none if more are missing than lost.

    A row that was valid and is now invalid keeps its listing online. Without a readable
    SKU the row names no offer, and the offer would count as disappeared.
    `missing` has the schema of stored offers. Rows that were unreadable in the catalog
    before mean no offer that disappears now. A doubtful offer has no fingerprint: it
    stays so as long as enough rows are unreadable.
    """
    online = missing.filter(pl.col("desired_state") != ABSENT)
    is_doubtful = pl.col("fingerprint").is_null()
    earlier, now = online.filter(is_doubtful), online.filter(~is_doubtful)
    if earlier.height > unreadable:
        earlier = earlier.clear()
    most = min(unreadable - unreadable_before, unreadable - earlier.height)
    return pl.concat([earlier, now if now.height <= most else now.clear()])


Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)


def mark_rejected(rows: Rows, rejected: pl.Series, policy: InvalidRowPolicy) -> Rows:
    """Replace all problems of rejected SKUs by `duplicate_sku`."""
    if not len(rejected):
        return rows
    is_rejected = pl.col(LINE).is_in(rejected.implode())
    mask = pl.lit(DUPLICATE, MASK)
    desired_state = desired_state_of(mask, policy)
    return rows.with_columns(
        mask=pl.when(is_rejected).then(mask).otherwise("mask"),
        desired_state=pl.when(is_rejected)
        .then(desired_state)
        .otherwise("desired_state"),
        fingerprint=pl.when(is_rejected)
        .then(stable_hash([pl.col("sku_key"), desired_state.cast(pl.String)]))
        .otherwise("fingerprint"),
    )


def _usable_rows(keys: pl.DataFrame, duplicates: Duplicates) -> pl.DataFrame:
    """One row per usable SKU."""
    usable = keys.drop("category", strict=False)
    if usable["sku_key"].null_count():
        usable = usable.filter(pl.col("sku_key").is_not_null())
    if len(duplicates.dropped):
        usable = usable.filter(~pl.col(LINE).is_in(duplicates.dropped.implode()))
    return usable


def _digest_rows(usable: pl.DataFrame, duplicates: Duplicates) -> pl.DataFrame:
    plain = (pl.col("desired_state") == ACTIVE) & (pl.col("mask") == 0)
    plain &= pl.col("rounded_ean").is_null()
    if duplicates.rows.height:
        plain &= ~pl.col(LINE).is_in(duplicates.rows["counts"].implode())
    source = pl.when(plain).then(SOURCE).alias(SOURCE)
    return usable.select(LINE, source, "fingerprint", "traits")


def _unmatched(stored: pl.DataFrame, usable: pl.DataFrame) -> pl.DataFrame:
    """Stored offers without a row of the same fingerprint.

    A fingerprint covers SKU and desired_state: equal numbers mean an unchanged offer,
    and SKUs are compared only for the rest. Two SKUs of one store share 64 bits once
    in ten million imports of a million rows.
    """
    if stored.is_empty():
        return stored
    matched = stored["fingerprint"].is_in(usable["fingerprint"].implode())
    return stored.filter(~matched.fill_null(value=False))


def _join_stored(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Each row with `was`, the stored desired_state, null for a new offer."""
    if stored.is_empty():
        return rows.with_columns(was=pl.lit(None, pl.UInt8))
    before = stored.select("sku_key", pl.col("desired_state").alias("was"))
    return rows.join(before, on="sku_key", how="left")


def _absent(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Stored offers that the catalog does not contain and that are not yet absent."""
    unsettled = stored.filter(
        (pl.col("desired_state") != ABSENT) | pl.col("fingerprint").is_not_null()
    )
    if unsettled.is_empty():
        return unsettled
    return unsettled.join(rows, on="sku_key", how="anti")


def _counts(  # noqa: PLR0913 - all that is counted
    rows: int,
    *,
    usable: pl.DataFrame,
    unchanged: pl.Series,
    changed: pl.DataFrame,
    absent: pl.DataFrame,
    duplicates: Duplicates,
    unreadable: int,
) -> ImportCounts:
    valid = pl.col("desired_state") == ACTIVE
    unsold = (pl.col("mask") & NOT_FOR_SALE) != 0
    was_online = pl.col("was").is_in([ACTIVE, RETAINED]).fill_null(value=False)
    totals = usable.select(
        valid=valid.sum(),
        unchanged=(valid & pl.lit(unchanged)).sum(),
        unsold=unsold.sum(),
    ).row(0, named=True)
    created, unsold_now = changed.select(
        (valid & ~was_online).sum(), (unsold & was_online).sum().alias("unsold")
    ).row(0)
    newly_absent = absent.select((pl.col("desired_state") != ABSENT).sum()).item()
    return ImportCounts(
        rows=rows,
        created=created,
        changed=totals["valid"] - created - totals["unchanged"],
        unchanged=totals["unchanged"],
        invalid=rows - totals["valid"],
        uncategorized=totals["unsold"],
        duplicates=duplicates.rows.height,
        disappeared=unsold_now + newly_absent,
        unreadable=unreadable,
    )
