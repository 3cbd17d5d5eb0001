"""Fixtures for tests of stores."""

import httpx
import pytest

from tests.stores.pair import Pair, open_pair


@pytest.fixture
async def pair(api: httpx.AsyncClient, sandbox_url: str) -> Pair:
    return await open_pair(api, sandbox_url)
