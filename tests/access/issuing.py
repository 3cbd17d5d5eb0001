"""Issues API keys."""

import httpx


async def issue(api: httpx.AsyncClient, **wanted: object) -> str:
    answer = await api.post("/v1/api-keys", json={"name": "k", **wanted})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])
