"""Finds the row of a SKU in the stored catalog files."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.report.source_rows import Found, search_files
from app.catalogs.parsing import answer_limits, parse_if_free
from app.settings import Settings
from app.stores.mapping.mapping_model import CatalogMapping

PATIENCE = 5.0
"""Seconds to search the files; after that the response has no row."""


async def look_up(
    settings: Settings,
    sources: Sequence[SourceFile | None],
    mapping: CatalogMapping,
    sku_key: str,
) -> Found:
    """The rows of the first file that contains the SKU.

    `sources`: newest first, None for a deleted file. Without a row the number is that
    of the last file.
    """
    limits = answer_limits(settings, PATIENCE, *sources)
    last = len(sources) - 1
    try:
        with tempfile.TemporaryDirectory(prefix="refeed-explain-") as folder:
            found = await parse_if_free(
                search_files, Path(folder), sources, mapping, sku_key, limits=limits
            )
    except CatalogRejectedError:
        return Found(last, "unreadable", [])
    return found or Found(last, "timed_out", [])
