"""Creates stores and sets their parts by the API."""

from typing import Any

import httpx

SANDBOX = {"environment": "sandbox"}


async def make(api: httpx.AsyncClient, country: str = "FR", name: str = "A") -> str:
    answer = await api.post("/v1/stores", json={"name": name, "country": country})
    assert answer.status_code == 201, answer.text
    return f"/v1/stores/{answer.json()['id']}"


async def put(api: httpx.AsyncClient, path: str, body: Any = None) -> httpx.Response:
    answer = await api.put(path, json=body) if body is not None else await api.put(path)
    assert answer.status_code == 200, answer.text
    return answer
