"""Valkey loses everything, PostgreSQL is killed: late, but nothing is lost."""

import asyncio

import redis

from app.embedded.servers import EmbeddedServers
from tests.support.shop import Shop, row

ROWS = [row(f"S{n}") for n in range(30)]


def _flush(servers: EmbeddedServers) -> None:
    path = servers.endpoints.redis_url.removeprefix("unix://")
    with redis.Redis(unix_socket_path=path) as client:
        client.flushall()


async def _ends_well(shop: Shop, publication: dict[str, str]) -> None:
    path = f"/v1/publications/{publication['id']}"
    ended = await shop.wait_for(path, ("finished", "failed", "cancelled"))
    assert ended["state"] == "finished"
    assert len(await shop.listings()) == len(ROWS)
    ledger = await shop.ledger(applied="true")
    assert len(ledger) == len(ROWS)


async def test_a_flushed_valkey_loses_no_work(
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


async def test_work_continues_while_valkey_is_down(
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


async def test_a_killed_postgresql_loses_no_work(
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
