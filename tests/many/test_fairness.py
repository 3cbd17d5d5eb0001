"""A big import keeps no other store from importing and publishing.

How long it delays one is measured by `bench/fairness.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from app.catalogs.engine.pipeline.load import lock_store
from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import open_worker, settings_for

SMALL = [row("S1")]
LARGE = [row(f"L{n}") for n in range(100)]
OVER = ("ready", "rejected")


@pytest.fixture
def settings(
    database_url: str, servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> Settings:
    """A hundred rows are large."""
    redis_url = f"{servers.endpoints.redis_url}?db=10"
    return settings_for(
        database_url, redis_url, sandbox_url, tmp_path, large_catalog_bytes=1000
    )


@pytest.fixture
def held_up(database_url: str) -> Iterator[psycopg.Connection]:
    """A transaction that keeps an import from ending while it is open."""
    with psycopg.connect(database_url) as connection:
        yield connection


async def state_of(shop: Shop, catalog: dict[str, str]) -> str:
    answer = await shop.api.get(f"/v1/catalogs/{catalog['id']}")
    return str(answer.json()["state"])


async def test_one_large_catalog_is_imported_at_a_time_while_another_store_publishes(
    api: httpx.AsyncClient,
    settings: Settings,
    sandbox_url: str,
    held_up: psycopg.Connection,
):
    first, second, small = [await open_shop(api, sandbox_url) for _ in range(3)]
    lock_store(held_up, UUID(first.store_id))
    async with open_worker(settings):
        one = await first.upload(LARGE, wait=False)
        await first.wait_for(f"/v1/catalogs/{one['id']}", ("importing",))
        two = await second.upload(LARGE, wait=False)
        passed = await small.upload(SMALL)
        run = await small.publish()
        meanwhile = [await state_of(first, one), await state_of(second, two)]
        held_up.commit()
        ends = [
            await shop.wait_for(f"/v1/catalogs/{catalog['id']}", OVER)
            for shop, catalog in ((first, one), (second, two))
        ]

    assert (passed["state"], run["state"]) == ("ready", "finished")
    assert set(await small.listings()) == {"S1"}
    assert not set(meanwhile) & set(OVER)
    assert [end["state"] for end in ends] == ["ready", "ready"]
