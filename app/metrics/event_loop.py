"""Measures how late the event loop of this process fires its timers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.metrics.recording import RECORDER

PAUSE = 0.25
"""Seconds between two measurements."""


@asynccontextmanager
async def measured_loop(process: str) -> AsyncIterator[None]:
    """Measure for the duration of the block."""
    task = asyncio.create_task(_measure(process))
    try:
        yield
    finally:
        task.cancel()


async def _measure(process: str) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + PAUSE
        await asyncio.sleep(PAUSE)
        RECORDER.loop_lag(process, max(0.0, loop.time() - due))
