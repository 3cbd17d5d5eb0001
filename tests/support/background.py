"""The API and a worker on a loop of their own, for tests that are not async."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from app.settings import Settings
from tests.support.patience import PATIENCE
from tests.support.stack import open_api, open_worker

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Background:
    """Runs coroutines on the loop where the service lives."""

    loop: asyncio.AbstractEventLoop
    api: httpx.AsyncClient

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)


@contextmanager
def service_in_background(settings: Settings) -> Iterator[Background]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stack = AsyncExitStack()

    async def start() -> httpx.AsyncClient:
        api = await stack.enter_async_context(open_api(settings))
        await stack.enter_async_context(open_worker(settings))
        return api

    async def life(ready: asyncio.Future[httpx.AsyncClient]) -> None:
        async with stack:
            ready.set_result(await start())
            await over.wait()

    over = asyncio.Event()
    ready: asyncio.Future[httpx.AsyncClient] = loop.create_future()
    task = asyncio.run_coroutine_threadsafe(life(ready), loop)

    async def wait_ready() -> httpx.AsyncClient:
        return await ready

    try:
        api = asyncio.run_coroutine_threadsafe(wait_ready(), loop).result(PATIENCE)
        yield Background(loop, api)
    finally:
        loop.call_soon_threadsafe(over.set)
        task.result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
