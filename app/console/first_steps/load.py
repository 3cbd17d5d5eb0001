"""Loads what the flow shows of a store, with the calls that its steps need."""

from typing import Any
from uuid import UUID

from app.console.core.api_client import ApiClient, Json, together
from app.console.core.errors import ApiProblem
from app.console.first_steps.view import Facts
from app.core.columns import new_id

SAMPLE = 8


async def facts_of(api: ApiClient, store_id: UUID) -> Facts:
    """What the steps need. Work in progress is read first, its effects afterwards: the
    page does not wait for work whose effect it has missed.
    """
    path = f"/v1/stores/{store_id}"
    imports, catalogs = await together(
        api.get(f"{path}/listing-imports", limit=1),
        api.get(f"{path}/catalogs", limit=1),
    )
    store, settings, lights, mapping, categories = await together(
        api.get(path),
        api.get(f"{path}/settings"),
        api.get(f"{path}/lights"),
        api.get(f"{path}/mapping"),
        api.get(f"{path}/categories"),
    )
    return Facts(
        store,
        settings,
        lights,
        mapping,
        categories,
        newest(imports),
        newest(catalogs),
    )


def newest(page: Json) -> Json | None:
    items: list[Json] = page["items"]
    return items[0] if items else None


async def proposal_of(api: ApiClient, store_id: UUID) -> Json | None:
    """None without a catalog that can be read."""
    found: Json | None = await _or_none(
        api.get(f"/v1/stores/{store_id}/mapping/proposal")
    )
    return found


async def preview_of(
    api: ApiClient, store_id: UUID, mapping: Json | None = None
) -> Json | None:
    """Funnel and sample rows of the store's mapping, or of another one."""
    path = f"/v1/stores/{store_id}/mapping/preview"
    body = {"sample": SAMPLE, **({"mapping": mapping} if mapping else {})}
    answer = await _or_none(api.post(path, body, key=str(new_id())))
    return answer.body if answer else None


async def _or_none(call: Any) -> Any:  # noqa: ANN401 - any call
    try:
        return await call
    except ApiProblem as problem:
        if problem.status in {401, 429, 503}:
            raise
        return None
