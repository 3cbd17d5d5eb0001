"""A long job is not given up for the crashes of another one in its worker."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.jobs.retry import MAX_CRASHES
from app.settings import Settings
from tests.sources.merchant import Merchant, reply
from tests.support.shop import open_shop
from tests.support.stack import WorkerProcess, open_worker, query, wait_until

HOLD = """
UPDATE job SET run_after = now() + interval '1 h',
       lease_until = lease_until + interval '1 h'
 WHERE kind = 'publish' AND state IN ('queued', 'running')"""
RELEASE = """
UPDATE job SET run_after = now(), lease_until = least(lease_until, now())
 WHERE kind = 'publish' AND state IN ('queued', 'running')"""
LOSE = "UPDATE job SET lease_until = least(lease_until, now())"
LONGER_THAN_A_CRASH = 1.5


@pytest.mark.long
async def test_a_pull_next_to_a_publication_that_crashes_each_worker_ends_well(
    api: httpx.AsyncClient,
    sandbox_url: str,
    settings: Settings,
    merchant: Merchant,
    process: WorkerProcess,
    tmp_path: Path,
):
    async with open_worker(settings):
        shop = await open_shop(api, sandbox_url)
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    stock = reply(b"sku,quantity\nA1,1\n", content_type="text/csv")
    merchant.serve("/stock.csv", LONGER_THAN_A_CRASH, stock)
    source_path = f"/v1/stores/{shop.store_id}/catalog-source"
    await api.put(source_path, json={"url": merchant.url()})
    publication = await shop.publish(wait=False)
    marker = tmp_path / "died"
    environment = {
        "REFEED_SOURCE_ALLOW": '["127.0.0.1"]',
        "REFEED_SOURCE_PORTS": f"[{merchant.port}]",
        "REFEED_FAILPOINT": f"publish.started={marker}",
    }

    def over(kind: str) -> bool:
        ended = "SELECT 1 FROM job WHERE kind = %s AND state IN ('done', 'dead')"
        return bool(query(url, ended, kind))

    for _ in range(2 * MAX_CRASHES):
        query(url, HOLD)
        marker.unlink(missing_ok=True)
        merchant.asked.clear()
        process.start(**environment)
        await until(lambda: bool(merchant.asked) or over("pull_catalog"))
        query(url, RELEASE)
        await until(lambda: process.died or over("publish"))
        if over("publish"):
            break
        query(url, LOSE)
    await until(lambda: over("pull_catalog"))

    ended = (await api.get(f"/v1/publications/{publication['id']}")).json()
    source: dict[str, Any] = (await api.get(source_path)).json()
    assert (ended["state"], ended["reason"]["code"]) == ("failed", "worker_crashed")
    assert source["last_pull"]["outcome"] == "pulled"


async def until(happened: Callable[[], bool]) -> None:
    """Look often; the merchant answers in this process meanwhile."""
    await asyncio.to_thread(wait_until, happened)
