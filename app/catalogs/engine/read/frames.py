"""The frame of an opened catalog: its internal columns, and how cells get into it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.formats import SAMPLE
from app.catalogs.engine.read.normalize import Target, write_records
from app.catalogs.engine.read.records import Record
from app.catalogs.engine.read.source import CatalogRejectedError, DetectedFormat

LINE = "#line"
FLAW = "#flaw"
"""Internal columns. They cannot collide with the merchant's columns, which are
named `@name` in the frame."""


def cell(name: str) -> str:
    """The frame's name for a source column."""
    return f"@{name}"


@dataclass(frozen=True, slots=True)
class OpenedCatalog:
    """`frame` has LINE (1-based), FLAW (0 if none) and `cell(name)` per column."""

    frame: pl.LazyFrame
    columns: tuple[str, ...]
    detected: DetectedFormat


def normalized(
    records: Iterable[Record],
    columns: Collection[str],
    target: Target,
) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """The needed cells as a frame, and all column names of the records."""
    types: dict[str, pl.DataType] = {LINE: pl.UInt32(), FLAW: pl.UInt8()}
    types |= {cell(name): pl.String() for name in columns}
    written = write_records(records, columns, types, target)
    return pl.scan_ipc(written.paths), written.names


def drop_blank_rows(frame: pl.LazyFrame, columns: Collection[str]) -> pl.LazyFrame:
    """Drop blank lines: no value in any needed column and no flaw."""
    if not columns:
        return frame
    filled = pl.any_horizontal(pl.col(cell(name)).is_not_null() for name in columns)
    return frame.filter(filled | (pl.col(FLAW) > 0))


def columns_to_read(
    names: tuple[str, ...], needed: Collection[str] | None
) -> tuple[str, ...]:
    """The columns to read. Raises CatalogRejectedError for missing ones."""
    if needed is None:
        return names
    missing = sorted(set(needed) - set(names))
    if missing:
        raise CatalogRejectedError(
            "missing_column",
            "the catalog lacks mapped columns: " + ", ".join(missing),
            "columns of this catalog: " + ", ".join(names[:100]),
            names,
        )
    return tuple(sorted(needed))


def text_sample(path: Path) -> str:
    """Complete lines from the start of a UTF-8 file."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if len(head) == SAMPLE and b"\n" in head:
        head = head[: head.rindex(b"\n") + 1]
    return head.decode("utf-8", errors="ignore")
