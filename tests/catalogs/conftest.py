"""A store that has no catalog yet."""

import httpx
import pytest


@pytest.fixture
async def path(api: httpx.AsyncClient) -> str:
    answer = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    return f"/v1/stores/{answer.json()['id']}/catalogs"
