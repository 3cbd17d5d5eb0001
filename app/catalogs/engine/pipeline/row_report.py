"""Builds the row report of a catalog: line, field and problem code."""

import polars as pl

from app.catalogs.engine.pipeline.diff import DUPLICATE, Duplicates
from app.catalogs.engine.read.reader import LINE
from app.catalogs.engine.transform.rules import EXCLUDED_BY
from app.catalogs.engine.validate.problems import EXCLUDED, PROBLEMS, ProblemType

COLUMNS = ("line", "field", "code", "sku", "value")
_MAX_CATEGORIES = 1000
_MAX_VALUE_LENGTH = 100
_MAX_EXCLUDED = 10_000


def problem_counts(keys: pl.DataFrame, duplicates: Duplicates) -> dict[str, int]:
    """Number of rows by problem code in the whole catalog."""
    mask = pl.col("mask")
    bits = keys.filter(mask != 0).select(
        ((mask & p.mask) != 0).sum().alias(str(p.bit)) for p in PROBLEMS
    )
    counts: dict[str, int] = {}
    for problem, number in zip(PROBLEMS, bits.row(0), strict=True):
        if number:
            counts[problem.code] = counts.get(problem.code, 0) + number
    if duplicates.rows.height:
        counts["duplicate_sku"] = duplicates.rows.height
    return counts


def rows_to_report(
    keys: pl.DataFrame, duplicates: Duplicates, most: int
) -> pl.DataFrame:
    """LINE, mask and the line used instead, of the first `most` rows with problems.

    Excluded rows fill the remaining space up to a limit: in a file for ten countries
    they are nine of ten rows.
    """
    marked = duplicates.rows.with_columns(again=pl.lit(DUPLICATE, pl.Int64))
    mask = pl.col("mask") | pl.col("again").fill_null(0)
    is_bad = (pl.col("mask") != 0) | pl.col(LINE).is_in(marked[LINE].implode())
    is_excluded = pl.col("mask") == EXCLUDED
    named = keys.lazy().select(LINE, "mask")
    bad = named.filter(is_bad & ~is_excluded).sort(LINE).head(most).collect()
    remaining = min(most - bad.height, _MAX_EXCLUDED)
    excluded = named.filter(is_excluded).sort(LINE).head(remaining).collect()
    return (
        pl.concat([bad, excluded])
        .sort(LINE)
        .join(marked, on=LINE, how="left")
        .select(LINE, "counts", mask.alias("mask"))
    )


def problem_rows(texts: pl.DataFrame, bad: pl.DataFrame, most: int) -> pl.DataFrame:
    """The first `most` problems of the rows in `bad`, in file order: COLUMNS.

    `texts` has the merchant's texts of at least these rows.
    """
    if bad.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    rows = bad.join(texts, on=LINE, how="left")
    found = rows.select(pl.col("mask").bitwise_or()).item()
    parts = [_rows_with(rows, each) for each in PROBLEMS if found & each.mask]
    return pl.concat(parts).sort("line", "field", "code").head(most)


def count_categories(keys: pl.DataFrame) -> pl.DataFrame:
    """The merchant's categories with their number of rows."""
    return keys.group_by("category").len().cast({"category": pl.String})


def source_categories(counted: pl.DataFrame) -> dict[str, int]:
    """The merchant's categories with their number of rows, the largest first."""
    counted = (
        counted.filter(pl.col("category").is_not_null())
        .sort("len", "category", descending=[True, False])
        .head(_MAX_CATEGORIES)
    )
    return dict(counted.select("category", "len").iter_rows())


def _rows_with(rows: pl.DataFrame, problem: ProblemType) -> pl.DataFrame:
    value = pl.lit(None, pl.String)
    if problem.mask == DUPLICATE:
        value = pl.col("counts").cast(pl.String)
    elif problem.mask == EXCLUDED and EXCLUDED_BY in rows.columns:
        value = _shown(EXCLUDED_BY)
    elif problem.field in rows.columns:
        value = _shown(problem.field)
    return rows.filter((pl.col("mask") & problem.mask) != 0).select(
        pl.col(LINE).alias("line"),
        pl.lit(problem.field).alias("field"),
        pl.lit(problem.code).alias("code"),
        (_shown("sku") if "sku" in rows.columns else pl.lit(None, pl.String)).alias(
            "sku"
        ),
        value.alias("value"),
    )


def _shown(name: str) -> pl.Expr:
    text = pl.col(name).str.slice(0, _MAX_VALUE_LENGTH)
    return text.str.replace_all(r"\p{Cc}", "\ufffd")


_SCHEMA = dict.fromkeys(COLUMNS, pl.String) | {"line": pl.UInt32}
