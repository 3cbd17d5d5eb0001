"""Runs passes over a catalog: large files are streamed, small ones read into memory.

The streaming engine starts threads for each pass; with a few hundred rows that costs
more than the pass.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import polars as pl

SMALL_BYTES = 256 * 1024
"""About two thousand offers as CSV."""
_BATCH_ROWS = 125_000
_IS_SMALL: ContextVar[bool] = ContextVar("is_small", default=False)


@contextmanager
def passes_of(size_bytes: int) -> Iterator[None]:
    """Within it, passes are those of a decompressed file of this size."""
    token = _IS_SMALL.set(size_bytes <= SMALL_BYTES)
    try:
        yield
    finally:
        _IS_SMALL.reset(token)


def is_small() -> bool:
    """Whether the catalog that is being read is small."""
    return _IS_SMALL.get()


def collected(frame: pl.LazyFrame) -> pl.DataFrame:
    """The result of one pass."""
    return frame.collect(engine=_engine())


def all_collected(frames: Iterable[pl.LazyFrame]) -> list[pl.DataFrame]:
    """The results of several queries that share one pass."""
    return pl.collect_all(frames, engine=_engine())


def _engine() -> Literal["in-memory", "streaming"]:
    return "in-memory" if is_small() else "streaming"


def batches(frame: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """Large batches of a frame, at least one.

    The stream yields a few thousand rows at a time: starting two hundred expressions
    for each of these costs more than computing them.
    """
    if is_small():
        yield collected(frame).lazy()
        return
    is_empty = True
    for batch in frame.collect_batches(
        chunk_size=_BATCH_ROWS, maintain_order=True, engine="streaming"
    ):
        is_empty = False
        yield batch.lazy()
    if is_empty:
        yield pl.LazyFrame(schema=frame.collect_schema())
