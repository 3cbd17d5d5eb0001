"""A shop whose worker has come to rest before it is stopped."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from app.settings import Settings
from tests.support.shop import Shop, open_shop
from tests.support.stack import query
from workers.main import Crew

UNDER_WAY = "SELECT 1 FROM job WHERE state IN ('queued', 'running')"


@pytest.fixture
async def shop(
    api: httpx.AsyncClient, worker: Crew, sandbox_url: str, settings: Settings
) -> AsyncIterator[Shop]:
    """A store that may publish; arq may miss a stop in the middle of a job."""
    yield await open_shop(api, sandbox_url)
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    for _ in range(100):
        if not query(url, UNDER_WAY) and not crew_is_busy(worker):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.15)


def crew_is_busy(crew: Crew) -> bool:
    return bool(crew.running)
