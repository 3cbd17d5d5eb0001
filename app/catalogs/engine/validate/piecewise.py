"""Read the plain values of a column quickly, and only the others with care."""

from collections.abc import Callable

import polars as pl

Quick = Callable[[pl.Expr], pl.Expr]
Careful = Callable[[pl.DataFrame], pl.Series]
TEXT = "text"
READING = pl.Struct({"value": pl.Int64, "problems": pl.Int64})
"""What most readers return: a number (null when not usable) and a mask."""


def piecewise(
    text: pl.Expr, quick: Quick, careful: Careful, returns: pl.Struct = READING
) -> pl.Expr:
    """`quick` gives null for what it does not understand; `careful` reads those.

    Expressions have no short cut: a careful reading of a million plain values
    costs several times the reading of the file. `careful` gets a frame with the
    one column TEXT, so that it can go step by step.
    """
    return text.map_batches(
        lambda series: read_piecewise(series, quick, careful, returns),
        return_dtype=returns,
        is_elementwise=True,
    )


def read_piecewise(
    series: pl.Series, quick: Quick, careful: Careful, returns: pl.Struct = READING
) -> pl.Series:
    """The same for values at hand."""
    texts = series.cast(pl.String).to_frame(TEXT)
    read = texts.select(quick(pl.col(TEXT)).cast(returns)).to_series()
    left = read.is_null().arg_true()
    if len(left):
        late = careful(texts[left]).cast(returns).struct.unnest()
        read = pl.DataFrame(
            [
                part.scatter(left, late[part.name])
                for part in read.struct.unnest().get_columns()
            ]
        ).to_struct()
    return read.rename(series.name)


def by_expression(reader: Quick) -> Careful:
    """A careful reader that is simple enough to be one expression."""
    return lambda texts: texts.select(reader(pl.col(TEXT))).to_series()


def reading(value: pl.Expr, problems: pl.Expr) -> pl.Expr:
    """A READING of two columns."""
    return pl.struct(
        value.cast(pl.Int64).alias("value"), problems.cast(pl.Int64).alias("problems")
    )
