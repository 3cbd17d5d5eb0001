"""A departure survives a kill -9 of the worker at every step."""

from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.departures.every_table import counts
from tests.publications.watching import stock
from tests.support.shop import open_shop, row
from tests.support.stack import WorkerProcess, open_worker

STEPS = (
    "departure.started",
    "departure.advanced",
    "departure.files_removed",
    "departure.before_delete",
    "publish.planned",
    "publish.posted",
    "publish.before_finish",
)


@pytest.mark.parametrize("step", STEPS)
async def test_a_deletion_survives_a_kill_at(
    api: httpx.AsyncClient,
    settings: Settings,
    sandbox_url: str,
    process: WorkerProcess,
    tmp_path: Path,
    database_url: str,
    step: str,
):
    async with open_worker(settings):
        shop = await open_shop(api, sandbox_url)
        await shop.upload([row("A"), row("B"), row("C")])
        await shop.publish()
    path = f"/v1/stores/{shop.store_id}"
    answer = await api.delete(path, params={"offers": "zero"})

    process.crash_at(step, tmp_path / "died")
    process.start()
    left = await shop.wait_for(
        answer.headers["Location"], ("done", "failed"), seconds=120
    )

    assert (left["state"], left["reason"]) == ("done", None)
    assert left["counts"]["zeroed"] == 3
    assert await stock(shop) == {"A": 0, "B": 0, "C": 0}
    assert {table: n for table, n in counts(database_url).items() if n} == {}
    assert not (settings.uploads / shop.store_id).exists()
