"""A refresh survives a kill -9 of the worker at every step."""

from pathlib import Path

import httpx
import pytest

from tests.stores.categories.polling import eventually, in_state
from tests.support.shop import open_shop
from tests.support.stack import WorkerProcess


@pytest.mark.parametrize(
    "step", ["categories.fetched", "categories.before_commit", "categories.stored"]
)
async def test_a_refresh_survives_a_kill_at(
    api: httpx.AsyncClient,
    sandbox_url: str,
    process: WorkerProcess,
    sql,
    tmp_path: Path,
    step: str,
):
    shop = await open_shop(api, sandbox_url)

    process.crash_at(step, tmp_path / "died")
    process.start()
    found = await in_state(shop, fetched=True, error=None)

    assert 1101 in {item["id"] for item in found["items"]}
    done = "SELECT 1 FROM job WHERE kind = 'refresh_categories' AND state = 'done'"
    await eventually(lambda: sql(done))
