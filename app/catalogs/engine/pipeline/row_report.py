"""Builds the row report of a catalog: line, field and problem code."""

from collections.abc import Iterable

import polars as pl

from app.catalogs.engine.pipeline.diff import DUPLICATE, Duplicates
from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.source import Note
from app.catalogs.engine.transform.rules import EXCLUDED_BY
from app.catalogs.engine.validate.problem_types import MASK, ProblemType
from app.catalogs.engine.validate.problems import EXCLUDED, NOTES, PROBLEMS

COLUMNS = ("line", "field", "code", "sku", "value")
_ORDER = ("line", "field", "code")
_DAMAGED_EANS = ("ean_scientific", "ean_rounded")
_MAX_CATEGORIES = 1000
_MAX_VALUE_LENGTH = 100
_MAX_EXCLUDED = 10_000
_MAX_NOTED = 10_000
"""Maximum rows without any other problem; most rows of a file may have a note."""


def problem_counts(keys: pl.DataFrame, duplicates: Duplicates) -> dict[str, int]:
    """Number of rows by problem code in the whole catalog."""
    mask = pl.col("mask")
    wrong = keys.filter(mask != 0)
    found = wrong.select(mask.bitwise_or()).item() if wrong.height else 0
    problems = [problem for problem in PROBLEMS if found & problem.mask]
    counted = [((mask & p.mask) != 0).sum().alias(str(p.bit)) for p in problems]
    numbers = wrong.select(counted).row(0) if counted else ()
    counts: dict[str, int] = {}
    for problem, number in zip(problems, numbers, strict=True):
        counts[problem.code] = counts.get(problem.code, 0) + number
    if duplicates.rows.height:
        counts["duplicate_sku"] = duplicates.rows.height
    return counts


def column_notes(problem_counts: dict[str, int]) -> tuple[Note, ...]:
    """What the problems of many rows show about a column as a whole."""
    damaged = sum(problem_counts.get(code, 0) for code in _DAMAGED_EANS)
    if not damaged:
        return ()
    text = (
        f"a spreadsheet damaged {damaged} EANs of this catalog. Format the column as "
        "text in the source and export again; the digits are lost in this file"
    )
    return (Note("eans_damaged", text),)


def rows_to_report(
    keys: pl.DataFrame, duplicates: Duplicates, most: int
) -> pl.DataFrame:
    """LINE, mask and the line used instead, of the first `most` rows with problems.

    Rows with only notes, then excluded rows, fill the remaining space up to a
    limit each: in a file for ten countries nine of ten rows are excluded.
    """
    marked = duplicates.rows.with_columns(again=pl.lit(DUPLICATE, MASK))
    mask = pl.col("mask") | pl.col("again").fill_null(0)
    is_excluded = pl.col("mask") == EXCLUDED
    is_wrong = (pl.col("mask") & ~pl.lit(NOTES, MASK)) != 0
    is_repeated = pl.col(LINE).is_in(marked[LINE].implode())
    is_bad = is_wrong | is_repeated
    named = keys.select(LINE, "mask").filter((pl.col("mask") != 0) | is_repeated)

    def first(rows: pl.Expr, most: int) -> pl.DataFrame:
        if named.is_empty():
            return named
        return named.lazy().filter(rows).sort(LINE).head(most).collect()

    bad = first(is_bad & ~is_excluded, most)
    noted = first((pl.col("mask") != 0) & ~is_bad, min(most - bad.height, _MAX_NOTED))
    remaining = min(most - bad.height - noted.height, _MAX_EXCLUDED)
    excluded = first(is_excluded, remaining)
    return (
        pl.concat([bad, noted, excluded])
        .sort(LINE)
        .join(marked, on=LINE, how="left")
        .select(LINE, "counts", mask.alias("mask"))
    )


def problem_rows(texts: pl.DataFrame, bad: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most `most` problems of the rows in `bad`, in file order: COLUMNS.

    Notes take the space that is left.

    `texts` has the merchant's texts of at least these rows.
    """
    if bad.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    rows = bad.join(texts, on=LINE, how="left")
    found = rows.select(pl.col("mask").bitwise_or()).item()
    wrong = _first(rows, [p for p in PROBLEMS if found & p.mask & ~NOTES], most)
    notes = [p for p in PROBLEMS if found & p.mask & NOTES]
    noted = _first(rows, notes, most - wrong.height)
    return pl.concat([wrong, noted]).sort(*_ORDER)


def _first(
    rows: pl.DataFrame, problems: Iterable[ProblemType], most: int
) -> pl.DataFrame:
    parts = [_rows_with(rows, each) for each in problems]
    if not parts:
        return pl.DataFrame(schema=_SCHEMA)
    found = pl.concat([pl.LazyFrame(schema=_SCHEMA), *parts])
    return found.sort(*_ORDER).head(most).collect()


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


def _rows_with(rows: pl.DataFrame, problem: ProblemType) -> pl.LazyFrame:
    value = pl.lit(None, pl.String)
    if problem.mask == DUPLICATE:
        value = pl.col("counts").cast(pl.String)
    elif problem.mask == EXCLUDED and EXCLUDED_BY in rows.columns:
        value = _shown(EXCLUDED_BY)
    elif problem.field in rows.columns:
        value = _shown(problem.field)
    return (
        rows.lazy()
        .filter((pl.col("mask") & problem.mask) != 0)
        .select(
            pl.col(LINE).alias("line"),
            pl.lit(problem.field).alias("field"),
            pl.lit(problem.code).alias("code"),
            (_shown("sku") if "sku" in rows.columns else pl.lit(None, pl.String)).alias(
                "sku"
            ),
            value.alias("value"),
        )
    )


def _shown(name: str) -> pl.Expr:
    text = pl.col(name).str.slice(0, _MAX_VALUE_LENGTH)
    return text.str.replace_all(r"\p{Cc}", "\ufffd")


_SCHEMA = dict.fromkeys(COLUMNS, pl.String) | {"line": pl.UInt32}
