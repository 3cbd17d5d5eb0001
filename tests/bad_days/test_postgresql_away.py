"""PostgreSQL is killed, or freezes: a 503 meanwhile, and the same processes go on.

It is away for some seconds only: nothing in refeed counts how long. A lease that ran
out meanwhile is the one thing that time changes, and it is three seconds here.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psutil
import psycopg
import pytest

from app.core import db_watchdog
from app.embedded.servers import EmbeddedServers
from tests.support.loop_time import loop_seconds
from tests.support.shop import Shop, as_csv, row
from tests.support.stack import WorkerProcess

ROWS = [row(f"S{n}") for n in range(30)]
AWAY_SECONDS = 5.0
OVER = ("finished", "failed", "cancelled")


@contextmanager
def killed(servers: EmbeddedServers) -> Iterator[None]:
    servers.kill_postgres()
    try:
        yield
    finally:
        servers.start_postgres()


@contextmanager
def frozen(servers: EmbeddedServers) -> Iterator[None]:
    """Not a byte comes back, and no connection is closed."""
    head = psutil.Process(servers.postgres_pid)
    head.suspend()
    family = head.children(recursive=True)
    for one in family:
        one.suspend()
    try:
        yield
    finally:
        for one in (*family, head):
            one.resume()


async def ask(api: httpx.AsyncClient, shop: Shop, started: float) -> list[float]:
    """Reads and uploads until the time is over; how long each answer was awaited."""
    took = []
    path = f"/v1/stores/{shop.store_id}"
    upload = {"content": as_csv(ROWS), "headers": {"Content-Type": "text/csv"}}
    while time.monotonic() - started < AWAY_SECONDS:
        for method, what, more in (
            ("GET", path, {}),
            ("POST", f"{path}/catalogs", upload),
        ):
            answer, waited = await loop_seconds(api.request(method, what, **more))
            took.append(waited)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["Retry-After"] == "2"
            assert answer.json()["code"] == "database_unavailable"
    return took


async def task_is_known(shop: Shop, publication: str) -> None:
    """A batch whose answer is lost is waited for a minute: this one's must arrive."""
    async with asyncio.timeout(60):
        while True:
            calls = (await shop.api.get(f"{publication}/submissions")).json()["items"]
            if [call["state"] for call in calls] == ["sent"]:
                return


@pytest.mark.parametrize("away", [killed, frozen])
async def test_a_postgresql_outage_is_a_503_and_work_resumes_afterwards(
    own_shop: Shop,
    own_servers: EmbeddedServers,
    process: WorkerProcess,
    away: Callable[..., object],
):
    await own_shop.upload(ROWS)
    await own_shop.fault("slow_task", seconds=2)
    run = await own_shop.publish(wait=False)
    path = f"/v1/publications/{run['id']}"
    await task_is_known(own_shop, path)

    with away(own_servers):
        took = await ask(own_shop.api, own_shop, time.monotonic())
        ready = await own_shop.api.get("/health/ready")
        live = await own_shop.api.get("/health/live")
    ended = await own_shop.wait_for(path, OVER)
    after = await own_shop.upload([row("S0", quantity=1), *ROWS[1:]])

    assert max(took) < 3.5
    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json()["checks"]["postgres"] == "down"
    assert not process.died
    assert (ended["state"], ended["counts"]["by_outcome"]) == (
        "finished",
        {"accepted": len(ROWS)},
    )
    assert after["state"] == "ready"
    assert len(await own_shop.ledger(applied="true")) == len(ROWS)


async def test_a_slow_statement_does_not_count_as_an_outage(
    own_shop: Shop, own_servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
):
    """A request that waits for a lock gets its answer, as long as others get theirs."""
    monkeypatch.setattr(db_watchdog, "PROBE_TIMEOUT", 30.0)  # busy is not silent
    monkeypatch.setattr(db_watchdog, "PROBE_INTERVAL", 0.1)
    url = own_servers.endpoints.database_url
    path = f"/v1/stores/{own_shop.store_id}/mapping"
    body = (await own_shop.api.get(path)).json()
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT 1 FROM store WHERE id = %s FOR UPDATE", [own_shop.store_id]
        )
        waiting = asyncio.create_task(
            own_shop.api.put(path, json={"attributes": body["attributes"]})
        )
        done, _ = await asyncio.wait({waiting}, timeout=db_watchdog.PROBE_AFTER + 1)
        connection.commit()
    answer = await waiting

    assert not done
    assert answer.status_code == 200, answer.text
