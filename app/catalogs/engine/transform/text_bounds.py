"""Bounds the texts that steps build, before they are built.

Two replacements can turn a cell into gigabytes. A text may not grow beyond MAX_BYTES;
one that would is replaced by TOO_LONG, which no attribute accepts and no step changes.
"""

import re

import polars as pl

from app.catalogs.engine.validate.texts import MAX_BYTES, TOO_LONG

_GROUP = re.compile(r"\$(?:\w+|\{\w+\})")


def literal_growth(value: pl.Expr, find: str, to: str) -> pl.Expr | None:
    """How many bytes a replacement adds; None if it cannot add any."""
    more = len(to.encode()) - len(find.encode())
    if more <= 0:
        return None
    return value.str.count_matches(find, literal=True).cast(pl.Int64) * more


def pattern_growth(value: pl.Expr, pattern: str, to: str) -> pl.Expr | None:
    """At most so many bytes are added: a group is not longer than its match."""
    groups = len(_GROUP.findall(to))
    literal = len(_GROUP.sub("", to).encode())
    added = [
        *([value.str.count_matches(pattern).cast(pl.Int64) * literal] * (literal > 0)),
        *([_bytes(value) * (groups - 1)] * (groups > 1)),
    ]
    return pl.sum_horizontal(added) if added else None


def within_bounds(value: pl.Expr, growth: pl.Expr | None) -> tuple[pl.Expr, pl.Expr]:
    """The value where the result is short enough, and whether it is not."""
    if growth is None:
        return value, pl.lit(value=False)
    grows = ((growth > 0) & (_bytes(value) + growth > MAX_BYTES)).fill_null(value=False)
    return pl.when(~grows).then(value), grows


def joined(pieces: list[pl.Expr]) -> pl.Expr:
    """The pieces of a template in a row; null in no piece. Reads each piece once."""
    if len(pieces) == 1:
        return pl.concat_str(pieces)
    parts = pl.struct(piece.alias(str(n)) for n, piece in enumerate(pieces))
    return parts.map_batches(_join, return_dtype=pl.String, is_elementwise=True)


def _join(parts: pl.Series) -> pl.Series:
    frame = parts.struct.unnest()
    pieces = [pl.col(name) for name in frame.columns]
    sizes = [_bytes(piece) for piece in pieces]
    # One long cell with some words around it is no growth.
    longest = pl.max_horizontal(sizes) + MAX_BYTES
    fits = pl.sum_horizontal(sizes) <= longest
    built = pl.concat_str([pl.when(pl.col("fits")).then(piece) for piece in pieces])
    text = pl.when(pl.col("fits")).then(built).otherwise(pl.lit(TOO_LONG))
    return frame.with_columns(fits.alias("fits")).select(text).to_series()


def _bytes(text: pl.Expr) -> pl.Expr:
    return text.str.len_bytes().cast(pl.Int64)
