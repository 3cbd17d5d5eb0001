"""Parses common values with a fast expression and the rest with a slower fallback."""

from collections.abc import Callable

import polars as pl

FastParser = Callable[[pl.Expr], pl.Expr]
FallbackParser = Callable[[pl.DataFrame], pl.Series]
TEXT = "text"
READING = pl.Struct({"value": pl.Int64, "problems": pl.Int64})
"""Result of most parsers: a number (null if not usable) and a problem mask."""


def piecewise(
    text: pl.Expr,
    fast: FastParser,
    fallback: FallbackParser,
    returns: pl.Struct = READING,
) -> pl.Expr:
    """`fast` returns null for values that it cannot parse; `fallback` parses those.

    Expressions do not short-circuit: the fallback on a million simple values costs
    several times as much as reading the file. `fallback` gets a frame with the one
    column TEXT, so that it can work in steps.
    """
    return text.map_batches(
        lambda series: read_piecewise(series, fast, fallback, returns),
        return_dtype=returns,
        is_elementwise=True,
    )


def read_piecewise(
    series: pl.Series,
    fast: FastParser,
    fallback: FallbackParser,
    returns: pl.Struct = READING,
) -> pl.Series:
    """Like `piecewise`, for a series."""
    texts = series.cast(pl.String).to_frame(TEXT)
    read = texts.select(fast(pl.col(TEXT)).cast(returns)).to_series()
    rest = read.is_null().arg_true()
    if len(rest):
        parsed = fallback(texts[rest]).cast(returns).struct.unnest()
        read = pl.DataFrame(
            [
                part.scatter(rest, parsed[part.name])
                for part in read.struct.unnest().get_columns()
            ]
        ).to_struct()
    return read.rename(series.name)


def by_expression(reader: FastParser) -> FallbackParser:
    """A fallback parser that consists of one expression."""
    return lambda texts: texts.select(reader(pl.col(TEXT))).to_series()


def reading(value: pl.Expr, problems: pl.Expr) -> pl.Expr:
    """Combine two columns into a READING."""
    return pl.struct(
        value.cast(pl.Int64).alias("value"), problems.cast(pl.Int64).alias("problems")
    )
