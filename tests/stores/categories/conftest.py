"""A shop whose tree is there, and time in the tester's hands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.stores.categories.polling import in_state
from tests.support.shop import Shop, open_shop
from tests.support.stack import query
from workers.job_pool import JobPool

Sql = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def sql(settings: Settings) -> Sql:
    """One statement against the service's database, off the event loop."""

    async def run(statement: str, *values: object) -> list[Any]:
        assert settings.database_url
        url = settings.database_url.get_secret_value()
        return await asyncio.to_thread(query, url, statement, *values)

    return run


@pytest.fixture
def day_passes(sql: Sql) -> Callable[[], Awaitable[None]]:
    """Every tree is due again."""

    async def run() -> None:
        await sql("UPDATE category_snapshot SET next_at = now() - interval '1 second'")

    return run


@pytest.fixture
async def mapped(
    api: httpx.AsyncClient, worker: JobPool, sandbox_url: str
) -> AsyncIterator[Shop]:
    """A British shop of which the tree is known, in English."""
    opened = await open_shop(api, sandbox_url, country="GB")
    await in_state(opened, fetched=True)
    yield opened
    await opened.clear_faults()
