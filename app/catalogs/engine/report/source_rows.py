"""Finds the rows of one SKU in a stored catalog, with their source cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import polars as pl

from app.catalogs.engine.read.frames import LINE, cell
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.transform.columns import attribute_columns, attribute_text
from app.catalogs.engine.transform.fill_down import fill_down
from app.catalogs.engine.validate.texts import sku_key
from app.stores.mapping.mapping_model import CatalogMapping

_MAX_ROWS = 10
_MAX_CELL_LENGTH = 300


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of the file: its line, mapped cells and attribute texts.

    `cells` by source column, `texts` by attribute; at most 300 characters each.
    """

    line: int
    cells: Mapping[str, str | None]
    texts: Mapping[str, str | None]


SearchResult = Literal[
    "found", "not_in_file", "file_deleted", "unreadable", "timed_out"
]


class Found(NamedTuple):
    """Rows of a SKU in the file with this number, and the result of the search."""

    number: int
    result: SearchResult
    rows: list[SourceRow]


def search_files(
    workdir: Path,
    sources: Sequence[SourceFile | None],
    mapping: CatalogMapping,
    sku_key: str,
) -> Found:
    """The rows of the first file that contains the SKU; None is a deleted file."""
    result: SearchResult = "not_in_file"
    for number, source in enumerate(sources):
        result, rows = _search(source, mapping, sku_key, workdir)
        if rows:
            return Found(number, result, rows)
    return Found(len(sources) - 1, result, [])


def _search(
    source: SourceFile | None, mapping: CatalogMapping, sku_key: str, workdir: Path
) -> tuple[SearchResult, list[SourceRow]]:
    if source is None:
        return "file_deleted", []
    try:
        rows = find_rows(source, mapping, sku_key, workdir)
    except CatalogRejectedError:
        return "unreadable", []
    except FileNotFoundError:
        return "file_deleted", []
    return ("found" if rows else "not_in_file"), rows


def find_rows(
    source: SourceFile, mapping: CatalogMapping, sku_key: str, workdir: Path
) -> list[SourceRow]:
    """The rows with this SKU in the order of the file, at most ten.

    Raises CatalogRejectedError for a file without the mapped columns.
    """
    columns = sorted(mapping.columns)
    with (
        open_catalog(source, mapping.columns, workdir) as opened,
        TemporaryDirectory(dir=workdir) as folder,
    ):
        found = collected(
            fill_down(opened.frame, mapping, Path(folder))
            .filter(sku_key_of(mapping) == sku_key)
            .select(
                LINE, *(cell(name) for name in columns), *attribute_columns(mapping)
            )
            .head(_MAX_ROWS)
            .with_columns(pl.selectors.string().str.slice(0, _MAX_CELL_LENGTH))
        )
    return [
        SourceRow(
            row[LINE],
            {name: row[cell(name)] for name in columns},
            {name: row[name] for name in mapping.attributes},
        )
        for row in found.sort(LINE).iter_rows(named=True)
    ]


def sku_key_of(mapping: CatalogMapping) -> pl.Expr:
    """The offer key of a row, whether or not its SKU is valid."""
    return sku_key(attribute_text(mapping.attributes["sku"]))
