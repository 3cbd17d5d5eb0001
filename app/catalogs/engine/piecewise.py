"""Read the plain values of a column quickly, and only the others with care."""

from collections.abc import Callable

import polars as pl

Reader = Callable[[pl.Expr], pl.Expr]
TEXT = "text"
READING = pl.Struct({"value": pl.Int64, "problems": pl.Int64})
"""What most readers return: a number (null when not usable) and a mask."""


def piecewise(
    text: pl.Expr, quick: Reader, careful: Reader, returns: pl.Struct = READING
) -> pl.Expr:
    """`quick` gives null for what it does not understand; `careful` reads those.

    Expressions have no short cut: a careful reading of a million plain values
    costs several times the reading of the file.
    """
    return text.map_batches(
        lambda series: read_piecewise(series, quick, careful, returns),
        return_dtype=returns,
        is_elementwise=True,
    )


def read_piecewise(
    series: pl.Series, quick: Reader, careful: Reader, returns: pl.Struct = READING
) -> pl.Series:
    """The same for values at hand."""
    texts = series.cast(pl.String).to_frame(TEXT)
    read = texts.select(
        quick(pl.col(TEXT)).cast(returns).alias(series.name)
    ).to_series()
    left = read.is_null().arg_true()
    if left.is_empty():
        return read
    rest = texts[TEXT].gather(left).to_frame()
    late = rest.select(careful(pl.col(TEXT)).cast(returns).alias(series.name))
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    done = (
        read.to_frame()
        .with_columns(place=place)
        .filter(pl.col(series.name).is_not_null())
    )
    return (
        pl.concat([done, late.with_columns(place=left.cast(pl.UInt32))])
        .sort("place")
        .to_series(0)
    )


def reading(value: pl.Expr, problems: pl.Expr) -> pl.Expr:
    """A READING of two columns."""
    return pl.struct(
        value.cast(pl.Int64).alias("value"), problems.cast(pl.Int64).alias("problems")
    )
