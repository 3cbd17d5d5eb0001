"""Reads the typed columns of Parquet files as text, like all other formats."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from app.catalogs.engine.read.archives import reject_bomb
from app.catalogs.engine.read.bounds import (
    MAX_CELL_LENGTH,
    MAX_COLUMNS,
    cell_too_large,
    check_name,
    too_many_columns,
    unreadable,
)
from app.catalogs.engine.read.delimited.dialect import clean_name, unique_names
from app.catalogs.engine.read.source import ReadLimits

ACCEPTED_PARQUET = "a valid Parquet file without encrypted columns"
_WRAPPER = "x"


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file with a valid schema; `types` by unique column name."""

    path: Path
    types: dict[str, tuple[str, pl.DataType]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.types)

    def texts(self, columns: Collection[str], line: str) -> pl.LazyFrame:
        """The columns as texts, null if empty; `line` is the number of the row."""
        frame = _scan(self.path).with_row_index(line, offset=1)
        return frame.select(line, *(self._text(name) for name in columns))

    def _text(self, name: str) -> pl.Expr:
        column, kind = self.types[name]
        text = as_text(pl.col(column), kind).str.replace_all(
            "\0", "\ufffd", literal=True
        )
        return pl.when(text != "").then(text).alias(name)

    def check(self, columns: Collection[str], limits: ReadLimits) -> None:
        """Read the columns once to validate them and to check their expanded size.

        Raises CatalogRejectedError, `unreadable` or `too_large`.
        """
        size = self.path.stat().st_size
        try:
            rows = _scan(self.path).select(pl.len()).collect(engine="streaming").item()
            # One separator per cell, as in a CSV file.
            reject_bomb(rows * max(len(columns), 1), size, limits)
            sums, longest = self._lengths(columns)
        except (PolarsError, PanicException, OSError) as error:
            raise unreadable("Parquet file", error, ACCEPTED_PARQUET) from error
        reject_bomb(sum(sums), size, limits)
        for name, length in zip(columns, longest, strict=True):
            if length > MAX_CELL_LENGTH:
                raise cell_too_large(f"column {name[:40]!r}")

    def _lengths(self, columns: Collection[str]) -> tuple[list[int], list[int]]:
        """The bytes of each column, and of its longest cell."""
        lengths = _scan(self.path).select(
            as_text(pl.col(column), kind).str.len_bytes().cast(pl.UInt64).alias(name)
            for name, (column, kind) in ((name, self.types[name]) for name in columns)
        )
        everything = pl.all()
        found = lengths.select(
            everything.sum().name.suffix("#sum"), everything.max().name.suffix("#max")
        ).collect(engine="streaming")
        values = [value or 0 for value in found.row(0)] if found.height else []
        return values[: len(columns)], values[len(columns) :]


def open_parquet(path: Path) -> ParquetFile:
    """Read the schema. Raises CatalogRejectedError if damaged or too wide."""
    try:
        schema = _scan(path).collect_schema()
    except (PolarsError, PanicException, OSError) as error:
        raise unreadable("Parquet file", error, ACCEPTED_PARQUET) from error
    if len(schema) > MAX_COLUMNS:
        raise too_many_columns(f"{len(schema)}")
    names = list(unique_names([clean_name(name) for name in schema]))
    for name in names:
        check_name(name)
    return ParquetFile(path, dict(zip(names, schema.items(), strict=True)))


def as_text(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """The exact value as text: decimals with their scale, times as in ISO 8601.

    Lists and structs become JSON; bytes are decoded as UTF-8.
    """
    if kind == pl.Binary:
        return column.map_batches(_decoded, return_dtype=pl.String, is_elementwise=True)
    if kind.is_nested():
        wrapped = pl.struct(column.alias(_WRAPPER)).struct.json_encode()
        bare = wrapped.str.slice(len(f'{{"{_WRAPPER}":')).str.head(-1)
        return pl.when(column.is_not_null()).then(bare)
    if kind.is_float():  # pandas writes a missing number as NaN
        column = column.fill_nan(None)
    if kind.is_temporal():
        return column.dt.to_string("iso:strict")
    return column.cast(pl.String)


def _decoded(values: pl.Series) -> pl.Series:
    try:
        return values.cast(pl.String)
    except PolarsError:
        texts = [v if v is None else v.decode(errors="replace") for v in values]
        return pl.Series(values.name, texts, pl.String)


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)
