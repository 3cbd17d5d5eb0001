"""Time as an event loop lives it: a busy machine, which pauses all, adds none."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

TICK = 0.05

Result = TypeVar("Result")


async def loop_seconds(work: Awaitable[Result]) -> tuple[Result, float]:
    """The result, and for how long the loop waited for it, in seconds.

    The loop counts its own ticks: while the process does not run, there are none.
    """
    task = asyncio.ensure_future(work)
    ticks = 0
    while not task.done():
        await asyncio.wait({task}, timeout=TICK)
        ticks += 1
    return task.result(), ticks * TICK
