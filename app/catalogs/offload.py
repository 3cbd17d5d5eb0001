"""Runs file reads of the API in threads, with a concurrency limit and a timeout."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

_SLOTS = threading.BoundedSemaphore(2)
"""Maximum number of files that one process reads concurrently."""

Found = TypeVar("Found")


async def within(seconds: float, work: Callable[[], Found]) -> Found | None:
    """The result of `work`, run in a thread; None after a timeout or if all are busy.

    A thread cannot be stopped: it runs to its end and keeps its slot until then.
    """
    if not _SLOTS.acquire(blocking=False):
        return None

    def run_in_slot() -> Found:
        try:
            return work()
        finally:
            _SLOTS.release()

    task = asyncio.ensure_future(asyncio.to_thread(run_in_slot))
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.add_done_callback(lambda late: late.cancelled() or late.exception())
        return None
    return task.result()
