"""Looks for a row in stored files: in a thread, few at a time, not for long."""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from app.catalogs.engine.rows import SourceRow, find_rows
from app.catalogs.engine.source import CatalogRejectedError, SourceFile
from app.explain.timeline import Look
from app.stores.mapping import Mapping

PATIENCE = 5.0
"""Seconds that an answer waits for the file; then it comes without the row."""
_PLACES = threading.BoundedSemaphore(2)
"""Files that one process reads at a time for explanations."""

Found = TypeVar("Found")


async def within(seconds: float, work: Callable[[], Found]) -> Found | None:
    """The result of `work`, done in a thread; None when it takes too long.

    A thread cannot be stopped: it goes on to its end and keeps its place until then.
    """
    if not _PLACES.acquire(blocking=False):
        return None

    def hold_place() -> Found:
        try:
            return work()
        finally:
            _PLACES.release()

    task = asyncio.ensure_future(asyncio.to_thread(hold_place))
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        return None
    return task.result()


async def look_up(
    sources: Sequence[SourceFile | None], mapping: Mapping, sku_key: str
) -> tuple[int, Look, list[SourceRow]]:
    """Which of the files (the newest first) names the SKU, and its rows there.

    A file that is gone is None. Without a row the last file is meant.
    """
    found = await within(PATIENCE, lambda: _look_up(sources, mapping, sku_key))
    return found or (len(sources) - 1, "took_too_long", [])


def _look_up(
    sources: Sequence[SourceFile | None], mapping: Mapping, sku_key: str
) -> tuple[int, Look, list[SourceRow]]:
    look: Look = "not_in_file"
    for number, source in enumerate(sources):
        look = "not_in_file"
        if source is None:
            look = "file_gone"
            continue
        try:
            with tempfile.TemporaryDirectory(prefix="refeed-explain-") as folder:
                rows = find_rows(source, mapping, sku_key, Path(folder))
        except CatalogRejectedError:
            look = "unreadable"
            continue
        except FileNotFoundError:
            look = "file_gone"
            continue
        if rows:
            return number, "found", rows
    return len(sources) - 1, look, []
