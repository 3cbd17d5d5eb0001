"""Redis is gone, with everything in it: work goes on, and later faster again.

It is away for as long as the work below takes, a few seconds: nothing in refeed counts
how long.
"""

import shutil

import redis

from app.embedded.servers import EmbeddedServers
from tests.support.shop import Shop, row
from tests.support.stack import WorkerProcess, wait_until

ROWS = [row(f"S{n}") for n in range(30)]
HEALTH = "refeed:health:{}"
"""What a worker that listens to Redis writes there."""


def listens(servers: EmbeddedServers, process: WorkerProcess) -> bool:
    assert process.process
    path = servers.endpoints.redis_url.removeprefix("unix://")
    with redis.Redis(unix_socket_path=path) as client:
        return bool(client.exists(HEALTH.format(process.process.pid)))


async def test_a_redis_outage_with_data_loss_fails_no_request_and_loses_no_work(
    own_shop: Shop, own_servers: EmbeddedServers, process: WorkerProcess
):
    await own_shop.upload(ROWS, wait=False)
    own_servers.kill_valkey()
    folder = own_servers.layout.valkey
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()

    catalog = await own_shop.upload([row("S0", quantity=1), *ROWS[1:]])
    run = await own_shop.publish()
    ready = await own_shop.api.get("/health/ready")
    own_servers.start_valkey()
    wait_until(lambda: listens(own_servers, process))
    back = await own_shop.api.get("/health/ready")

    assert catalog["state"] == "ready"
    assert run["counts"]["by_outcome"] == {"accepted": len(ROWS)}
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["redis"] == "down"
    assert (back.status_code, back.json()["status"]) == (200, "ok")
    assert not process.died
    assert len(await own_shop.ledger(applied="true")) == len(ROWS)
    assert (await own_shop.publish())["counts"]["changes"] == 0
