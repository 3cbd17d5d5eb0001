"""A worker is killed, Redis loses all it has: on servers given by URL."""

from pathlib import Path

import httpx
import pytest

from tests.external.servers import flush
from tests.support.shop import open_shop, row
from tests.support.stack import WorkerProcess

pytestmark = pytest.mark.external

OVER = ("finished", "failed", "cancelled")
ROWS = [row(f"S{n}") for n in range(30)]


@pytest.mark.parametrize("step", ["import.before_commit", "publish.posted"])
async def test_a_killed_worker_loses_and_repeats_no_work(
    api: httpx.AsyncClient,
    sandbox_url: str,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    shop = await open_shop(api, sandbox_url)
    await shop.upload(ROWS, wait=False)
    run = await shop.publish(wait=False)

    process.crash_at(step, tmp_path / "died")
    process.start()
    ended = await shop.wait_for(f"/v1/publications/{run['id']}", OVER)

    assert (ended["state"], ended["counts"]["by_outcome"]) == (
        "finished",
        {"accepted": len(ROWS)},
    )
    assert len(await shop.listings()) == len(ROWS)
    assert len(await shop.ledger(applied="true")) == len(ROWS)


async def test_a_flushed_redis_loses_no_work(
    api: httpx.AsyncClient, sandbox_url: str, process: WorkerProcess, redis_url: str
):
    process.start()
    shop = await open_shop(api, sandbox_url)
    catalog = await shop.upload(ROWS, wait=False)
    flush(redis_url)
    await shop.wait_for(f"/v1/catalogs/{catalog['id']}", ("ready",))
    await shop.fault("slow_task", seconds=1)
    run = await shop.publish(wait=False)
    for state in (("sending", "waiting", "finished"), OVER):
        flush(redis_url)
        ended = await shop.wait_for(f"/v1/publications/{run['id']}", state)

    assert ended["state"] == "finished"
    assert len(await shop.ledger(applied="true")) == len(ROWS)
    assert (await shop.publish())["counts"]["changes"] == 0
