"""Bursts in any order: the end is that of importing what counts one by one."""

import asyncio
import os
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.support.shop import Shop, as_csv, open_shop, row
from tests.support.stack import open_worker, query

EXAMPLES = int(os.environ.get("BURST_EXAMPLES", "6"))
START = datetime(2026, 1, 1, tzinfo=UTC)
SKUS = ("A", "B", "C", "D")
ENDED = ("ready", "rejected", "superseded")
SHARED = ("mode", "state", "counts", "problem_counts", "rejection", "columns")
OFFERS = (
    "SELECT sku_key, desired_state, fingerprint, price, quantity, problems "
    "FROM offer WHERE store_id = %s ORDER BY sku_key"
)
VALUES = (
    "SELECT sku_key, quantity, quantity_at, price, price_at FROM quick_update "
    "WHERE store_id = %s ORDER BY sku_key"
)


@dataclass(frozen=True, slots=True)
class Given:
    """One upload: its file and its parameters."""

    body: bytes
    parameters: dict[str, str]


def any_upload(drawn: random.Random) -> Given:
    rows = [
        row(sku, price=f"{drawn.randint(100, 105)}.00", quantity=drawn.randint(0, 5))
        for sku in SKUS
        if drawn.random() < 0.6
    ]
    if rows and drawn.random() < 0.3:
        rows[0] |= {"ean": "1"}
    body = as_csv(rows)
    if drawn.random() < 0.25:
        body = body.replace(b"price", b"rate", 1)
    mode = "partial" if drawn.random() < 0.25 else "full"
    return Given(body, {"mode": mode, "as_of": any_time(drawn)})


def any_time(drawn: random.Random) -> str:
    return (START + timedelta(hours=drawn.randint(0, 4))).isoformat()


def any_update(drawn: random.Random) -> dict[str, Any]:
    item = {"sku": drawn.choice(SKUS), "quantity": drawn.randint(10, 20)}
    return {"as_of": any_time(drawn), "items": [item]}


async def update(shop: Shop, body: dict[str, Any]) -> list[Any]:
    path = f"/v1/stores/{shop.store_id}/offers"
    answer = await shop.api.patch(path, json=body)
    assert answer.status_code == 202, answer.text
    return [item["outcome"] for item in answer.json()["items"]]


async def upload(shop: Shop, given: Given) -> str:
    made = await shop.upload_bytes(given.body, wait=False, **given.parameters)
    return f"/v1/catalogs/{made['id']}"


async def state_of(shop: Shop, database_url: str) -> dict[str, Any]:
    """What the store sells, and what later imports and people see of its catalogs."""
    path = f"/v1/stores/{shop.store_id}"
    mapping = (await shop.api.get(f"{path}/mapping")).json()
    lights = (await shop.api.get(f"{path}/lights")).json()
    offers, values = [
        await asyncio.to_thread(query, database_url, statement, shop.store_id)
        for statement in (OFFERS, VALUES)
    ]
    return {
        "offers": offers,
        "columns": mapping["catalog_columns"],
        "lights": lights["mapping"],
        "quick updates": values,
    }


@pytest.mark.long
async def test_the_end_is_that_of_importing_what_is_not_superseded_one_by_one(
    api: httpx.AsyncClient, sandbox_url: str, settings: Settings, database_url: str
):
    """Two workers import a burst; another store gets it without what is superseded."""
    burst, orderly = [await open_shop(api, sandbox_url) for _ in range(2)]
    for seed in range(EXAMPLES):
        drawn = random.Random(seed)  # noqa: S311 - not a secret
        updates = [any_update(drawn) for _ in range(drawn.randint(0, 2))]
        uploads = [any_upload(drawn) for _ in range(drawn.randint(2, 7))]
        for body in updates:
            assert await update(burst, body) == await update(orderly, body)

        paths = [await upload(burst, given) for given in uploads]
        found = await imported(burst, settings, paths)
        counting = [
            await upload_and_wait(orderly, settings, given)
            for given, catalog in zip(uploads, found, strict=True)
            if catalog["state"] != "superseded"
        ]

        seen = [c for c in found if c["state"] != "superseded"]
        assert [{n: c[n] for n in SHARED} for c in seen] == [
            {n: c[n] for n in SHARED} for c in counting
        ], seed
        assert await state_of(burst, database_url) == await state_of(
            orderly, database_url
        ), seed
        require_replaced(found)


async def imported(
    shop: Shop, settings: Settings, paths: list[str]
) -> list[dict[str, Any]]:
    async with AsyncExitStack() as running:
        for _ in range(2):
            await running.enter_async_context(open_worker(settings))
        return [await shop.wait_for(path, ENDED) for path in paths]


async def upload_and_wait(
    shop: Shop, settings: Settings, given: Given
) -> dict[str, Any]:
    async with open_worker(settings):
        return await shop.wait_for(await upload(shop, given), ENDED)


def require_replaced(found: list[dict[str, Any]]) -> None:
    """A superseded one is full, as is the imported one, and none between is partial."""
    number = {catalog["id"]: n for n, catalog in enumerate(found)}
    for n, catalog in enumerate(found):
        if catalog["state"] != "superseded":
            continue
        newer = number[catalog["superseded_by"]]
        assert n < newer
        assert (catalog["mode"], found[newer]["state"]) == ("full", "ready")
        assert {each["mode"] for each in found[n:newer]} == {"full"}
