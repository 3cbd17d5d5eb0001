"""Finds the row of a SKU in the stored catalog files."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.report.source_rows import SourceRow, find_rows
from app.catalogs.offload import within
from app.explain.timeline import SearchResult
from app.stores.mapping.mapping_model import CatalogMapping

PATIENCE = 5.0
"""Seconds to search the files; after that the response has no row."""


async def look_up(
    sources: Sequence[SourceFile | None], mapping: CatalogMapping, sku_key: str
) -> tuple[int, SearchResult, list[SourceRow]]:
    """The index of the first file that contains the SKU, and its rows in it.

    `sources`: newest first, None for a deleted file. Without a row the index is that of
    the last file.
    """
    found = await within(PATIENCE, lambda: _look_up(sources, mapping, sku_key))
    return found or (len(sources) - 1, "timed_out", [])


def _look_up(
    sources: Sequence[SourceFile | None], mapping: CatalogMapping, sku_key: str
) -> tuple[int, SearchResult, list[SourceRow]]:
    result: SearchResult = "not_in_file"
    for number, source in enumerate(sources):
        result = "not_in_file"
        if source is None:
            result = "file_deleted"
            continue
        try:
            with tempfile.TemporaryDirectory(prefix="refeed-explain-") as folder:
                rows = find_rows(source, mapping, sku_key, Path(folder))
        except CatalogRejectedError:
            result = "unreadable"
            continue
        except FileNotFoundError:
            result = "file_deleted"
            continue
        if rows:
            return number, "found", rows
    return len(sources) - 1, result, []
