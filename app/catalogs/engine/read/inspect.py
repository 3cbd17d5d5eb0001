"""Reads columns, row count and sample rows of an upload without a mapping."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.frames import cell
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import (
    CatalogRejectedError,
    DetectedFormat,
    SourceFile,
)

_SAMPLE_ROWS = 20
_MAX_VALUE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Inspection:
    """Content of a catalog. `sample` rows are texts by column, null if empty."""

    columns: tuple[str, ...]
    detected: DetectedFormat
    rows: int
    sample: tuple[dict[str, str | None], ...]


def inspect_catalog(
    source: SourceFile, workdir: Path, sample_rows: int = _SAMPLE_ROWS
) -> Inspection:
    """Raises CatalogRejectedError as an import does."""
    with open_catalog(source, None, workdir) as opened:
        rows = collected(opened.frame.select(pl.len())).item()
        if not rows or not opened.columns:
            raise CatalogRejectedError(
                "empty", "the catalog has no rows", "a header and at least one row"
            )
        shown = opened.frame.select(
            pl.col(cell(name)).str.slice(0, _MAX_VALUE_LENGTH).alias(name)
            for name in opened.columns
        ).head(sample_rows)
        sample = tuple(collected(shown).iter_rows(named=True))
        return Inspection(opened.columns, opened.detected, rows, sample)
