"""Stores with a catalog, and previews of mappings over HTTP."""

from typing import Any

import httpx


async def store_with(
    api: httpx.AsyncClient, body: bytes | None, kind: str = "text/csv"
) -> str:
    """The path of a French store that has this catalog; no worker reads it."""
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    path = f"/v1/stores/{store['id']}"
    if body is not None:
        answer = await api.post(
            f"{path}/catalogs", content=body, headers={"Content-Type": kind}
        )
        assert answer.status_code == 202, answer.text
    return path


async def preview(api: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"{path}/mapping/preview", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
