"""Reads the rejected rows of a catalog: the merchant's columns and note columns."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.formulas import NOTE_COLUMNS, escape_formulas
from app.catalogs.engine.read.frames import LINE, cell
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.report.source_rows import sku_key_of
from app.stores.mapping.mapping_model import CatalogMapping


def csv_on_lines(workdir: Path, source: SourceFile, notes: pl.DataFrame) -> bytes:
    """`rows_on_lines` as CSV."""
    return to_csv(rows_on_lines(source, notes, workdir))


def csv_of_skus(
    workdir: Path,
    sources: Sequence[SourceFile],
    mapping: CatalogMapping | None,
    notes: pl.DataFrame,
) -> bytes:
    """`rows_of_skus` as CSV; without a mapping a header only."""
    if mapping is None:
        return to_csv(notes.clear().select(NOTE_COLUMNS))
    return to_csv(rows_of_skus(sources, mapping, notes, workdir))


def rows_on_lines(
    source: SourceFile, notes: pl.DataFrame, workdir: Path
) -> pl.DataFrame:
    """The rows on the lines of `notes`, which has LINE and NOTE_COLUMNS.

    Raises CatalogRejectedError for a file that cannot be read.
    """
    with open_catalog(source, None, workdir) as opened:
        lines = pl.col(LINE).is_in(notes[LINE].implode())
        found = _merchant_columns(opened.frame.filter(lines), opened.columns)
    return _add_notes(found, notes, LINE)


def rows_of_skus(
    sources: Sequence[SourceFile],
    mapping: CatalogMapping,
    notes: pl.DataFrame,
    workdir: Path,
) -> pl.DataFrame:
    """The rows of the SKUs in `notes`, each from the first file that contains it.

    `notes` has `sku_key` and NOTE_COLUMNS.
    """
    parts = [pl.DataFrame(schema={"sku_key": pl.String, LINE: pl.UInt32})]
    keys = notes["sku_key"]
    for source in sources:
        try:
            found = _with_keys(source, mapping, keys, workdir)
        except CatalogRejectedError:  # a column of the current mapping is missing
            continue
        parts.append(found)
        keys = keys.filter(~keys.is_in(found["sku_key"].implode()))
    return _add_notes(pl.concat(parts, how="diagonal"), notes, "sku_key")


def _with_keys(
    source: SourceFile, mapping: CatalogMapping, keys: pl.Series, workdir: Path
) -> pl.DataFrame:
    with open_catalog(source, None, workdir) as opened:
        lacking = set(mapping.attributes["sku"].columns) - set(opened.columns)
        if lacking:
            raise CatalogRejectedError("missing_column", "the catalog has no SKUs")
        rows = opened.frame.with_columns(sku_key=sku_key_of(mapping))
        rows = rows.filter(pl.col("sku_key").is_in(keys.implode()))
        return _merchant_columns(rows, opened.columns, "sku_key")


def _merchant_columns(
    frame: pl.LazyFrame, columns: Sequence[str], *more: str
) -> pl.DataFrame:
    """LINE and the merchant's columns under their original names."""
    names = [name for name in columns if name not in {*NOTE_COLUMNS, *more}]
    cells = (pl.col(cell(name)).alias(name) for name in names)
    return collected(frame.select(LINE, *more, *cells))


def _add_notes(rows: pl.DataFrame, notes: pl.DataFrame, key: str) -> pl.DataFrame:
    """Add the notes to the rows, in the order of the file, without internal columns."""
    noted = rows.join(notes.select(key, *NOTE_COLUMNS), on=key, how="left").sort(LINE)
    return noted.drop(LINE, *(["sku_key"] if key == "sku_key" else []))


def to_csv(rows: pl.DataFrame) -> bytes:
    """CSV in UTF-8 with commas and escaped formulas."""
    strings = pl.selectors.string()
    names = pl.Series(rows.columns, dtype=pl.String).to_frame("name")
    headers = names.select(escape_formulas(pl.col("name"))).to_series().to_list()
    safe_rows = rows.with_columns(escape_formulas(strings))
    safe_rows.columns = headers
    return safe_rows.write_csv().encode()
