"""A drift check survives a kill -9 of the worker at every step."""

from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.drift.drift_shop import (
    drift,
    edit,
    run_drift_check,
    stock,
    wait_for_drift_check,
)
from tests.support.shop import open_shop, row
from tests.support.stack import WorkerProcess, open_worker

STEPS = (
    "drift_check.started",
    "drift_check.fetched",
    "drift_check.page_written",
    "drift_check.looked_up",
    "drift_check.evaluating",
    "drift_check.part_evaluated",
    "drift_check.before_finish",
    "drift_check.finished",
)


@pytest.mark.parametrize("step", STEPS)
async def test_a_drift_check_survives_a_kill_at(
    api: httpx.AsyncClient,
    settings: Settings,
    sandbox_url: str,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    async with open_worker(settings):
        shop = await open_shop(api, sandbox_url)
        await shop.upload([row("A"), row("B"), row("C")])
        await shop.publish()
    await edit(shop, "A", quantity=9)
    await shop.sandbox("DELETE", f"/accounts/{shop.account}/listings/C")
    await run_drift_check(shop, wait=False)

    process.crash_at(step, tmp_path / "died")
    process.start()
    seen = await wait_for_drift_check(shop, seconds=120)
    repair = await shop.publish()

    assert seen["counts"] == {
        "confirmed": 1,
        "drifted": 1,
        "unconfirmed": 0,
        "vanished": 1,
        "matched": 0,
        "unmatched": 0,
    }
    assert repair["counts"]["by_outcome"] == {"accepted": 2}
    assert await stock(shop) == {"A": 5, "B": 5, "C": 5}
    assert await drift(shop) == {}
