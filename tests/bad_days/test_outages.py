"""Valkey loses everything, PostgreSQL is killed: late, but nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import redis

from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from app.settings import Settings
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import WorkerProcess, open_api, settings_for

ROWS = [row(f"S{n}") for n in range(30)]


@pytest.fixture
def own_servers(tmp_path: Path) -> Iterator[EmbeddedServers]:
    """Servers of this test's own, to be killed."""
    with EmbeddedServers(tmp_path / "own") as servers:
        migrate(servers.endpoints.database_url)
        yield servers


@pytest.fixture
def own_settings(
    own_servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> Settings:
    ends = own_servers.endpoints
    return settings_for(
        ends.database_url, ends.redis_url, sandbox_url, tmp_path / "own"
    )


@pytest.fixture
async def own_api(own_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with open_api(own_settings) as client:
        yield client


@pytest.fixture
def process(own_settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(own_settings)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
async def own_shop(
    own_api: httpx.AsyncClient, process: WorkerProcess, sandbox_url: str
) -> AsyncIterator[Shop]:
    opened = await open_shop(own_api, sandbox_url)
    yield opened
    await opened.clear_faults()


def _flush(servers: EmbeddedServers) -> None:
    path = servers.endpoints.redis_url.removeprefix("unix://")
    with redis.Redis(unix_socket_path=path) as client:
        client.flushall()


async def _ends_well(shop: Shop, publication: dict[str, str]) -> None:
    path = f"/v1/publications/{publication['id']}"
    ended = await shop.wait_for(path, ("finished", "failed", "cancelled"), seconds=90)
    assert ended["state"] == "finished"
    assert len(await shop.listings()) == len(ROWS)
    ledger = await shop.ledger(applied="true")
    assert len(ledger) == len(ROWS)


async def test_flushed_valkey_costs_seconds_and_loses_nothing(
    own_shop: Shop, own_servers: EmbeddedServers
):
    catalog = await own_shop.upload(ROWS, wait=False)
    _flush(own_servers)
    path = f"/v1/catalogs/{catalog['id']}"
    ready = await own_shop.wait_for(path, ("ready", "rejected"))
    await own_shop.fault("slow_task", seconds=2)
    publication = await own_shop.publish(wait=False)
    for _ in range(5):
        _flush(own_servers)
        await asyncio.sleep(0.2)

    assert ready["state"] == "ready"
    await _ends_well(own_shop, publication)


async def test_work_goes_on_while_valkey_is_gone(
    own_shop: Shop, own_servers: EmbeddedServers
):
    own_servers.kill_valkey()

    catalog = await own_shop.upload(ROWS)
    publication = await own_shop.publish(wait=False)
    health = (await own_shop.api.get("/health/ready")).json()
    await _ends_well(own_shop, publication)
    own_servers.start_valkey()

    assert catalog["state"] == "ready"
    assert health == {
        "status": "degraded",
        "checks": {"postgres": "ok", "redis": "down", "storage": "ok"},
    }


async def test_a_killed_postgres_in_the_middle_loses_nothing(
    own_shop: Shop, own_servers: EmbeddedServers
):
    await own_shop.upload(ROWS)
    await own_shop.fault("slow_task", seconds=3)
    publication = await own_shop.publish(wait=False)
    path = f"/v1/publications/{publication['id']}"
    await own_shop.wait_for(path, ("sending", "waiting"))

    own_servers.kill_postgres()
    while_away = await own_shop.api.get(path)
    own_servers.start_postgres()

    assert while_away.status_code == 503
    assert while_away.json()["code"] == "database_unavailable"
    assert while_away.headers["Retry-After"] == "2"
    await _ends_well(own_shop, publication)
