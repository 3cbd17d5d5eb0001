"""Runs file reads of the API in threads, with a concurrency limit and a timeout."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

_PLACES = threading.BoundedSemaphore(2)
"""Maximum number of files that one process reads concurrently."""

Found = TypeVar("Found")


async def within(seconds: float, work: Callable[[], Found]) -> Found | None:
    """The result of `work`, run in a thread; None after a timeout or if all are busy.

    A thread cannot be stopped: it runs to its end and keeps its slot until then.
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
