"""Reads stored files for the API: in threads, few at a time, not for long."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

_PLACES = threading.BoundedSemaphore(2)
"""Files that one process reads at a time for its callers."""

Found = TypeVar("Found")


async def within(seconds: float, work: Callable[[], Found]) -> Found | None:
    """The result of `work`, done in a thread.

    None when it takes too long, or all places are taken. A thread cannot be stopped:
    it goes on to its end and keeps its place until then.
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
