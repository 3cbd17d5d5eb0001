"""The check of other markets survives a kill -9 of the worker at every step."""

from pathlib import Path

import httpx
import pytest

from tests.publications.watching import account
from tests.support.shop import open_shop, row
from tests.support.stack import WorkerProcess

STEPS = (
    "other_markets.started",
    "other_markets.fetched",
    "other_markets.page_written",
    "other_markets.before_finish",
)
SKUS = [f"S{n}" for n in range(60)]


@pytest.mark.parametrize("step", STEPS)
async def test_a_check_of_other_markets_survives_a_kill_at(
    api: httpx.AsyncClient,
    sandbox_url: str,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    shop = await open_shop(api, sandbox_url, imported=False)
    market = {"FR": {"price": "199.90"}, "DE": {"price": "199.90"}}
    listings = [{"sku": sku, "quantity": 5, "markets": market} for sku in SKUS]
    await shop.sandbox(
        "POST", f"/accounts/{shop.account}/listings", json={"listings": listings}
    )

    await shop.upload([row(sku, quantity=1) for sku in SKUS], wait=False)
    requested = await shop.publish(wait=False)

    process.crash_at(step, tmp_path / "died")
    process.start()
    path = f"/v1/publications/{requested['id']}"
    publication = await shop.wait_for(path, ("finished", "failed"))

    assert publication["counts"]["by_outcome"] == {"held": 60}
    assert (await account(shop))["other_market_listings"] == [
        {"market": "DE", "listings": 60}
    ]
    assert await shop.ledger() == []
