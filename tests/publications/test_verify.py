"""Accepted is not applied: what a run created or emptied is read back at once."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.publications.conftest import Sql
from tests.publications.watching import outcomes
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import WorkerProcess, open_worker

NOT_APPLIED = ("unconfirmed", "not_applied")
ACCEPTED = ("accepted", None)


async def stock(shop: Shop) -> dict[str, int]:
    return {sku: seen["quantity"] for sku, seen in (await shop.listings()).items()}


async def test_creations_and_zeroings_are_verified_before_the_run_ends(shop: Shop):
    await shop.upload([row("A"), row("B")])
    created = await shop.publish()
    await shop.upload([row("B", price="150.00")])
    emptied = await shop.publish()

    (change_a, change_b) = sorted(
        await shop.changes(emptied), key=lambda change: change["sku"]
    )
    assert created["counts"]["confirmed"] == 2
    assert emptied["counts"]["by_outcome"] == {"accepted": 2}
    assert emptied["counts"]["confirmed"] == 1
    assert change_a["confirmed_at"]
    assert change_b["confirmed_at"] is None


@pytest.mark.parametrize("single_max", [0, 20], ids=["batch", "single"])
async def test_a_zeroing_that_changed_nothing_is_unconfirmed_and_sent_again(
    api: httpx.AsyncClient, settings: Settings, sandbox_url: str, single_max: int
):
    own = settings.model_copy(update={"single_update_max": single_max})
    async with open_worker(own):
        shop = await open_shop(api, sandbox_url)
        await shop.upload([row("A"), row("B"), row("C")])
        await shop.publish()
        await shop.fault("ignored_row", sku="A", count=1)
        await shop.upload([row("C")])

        run = await shop.publish()
        before = await stock(shop)
        offer = (await shop.offers())["A"]
        repaired = await shop.publish()

    assert outcomes(await shop.changes(run)) == {"A": NOT_APPLIED, "B": ACCEPTED}
    assert run["counts"]["by_outcome"] == {"accepted": 1, "unconfirmed": 1}
    assert run["counts"]["confirmed"] == 1
    assert before == {"A": 5, "B": 0, "C": 5}
    assert (offer["state"], offer["live"]["quantity"]) == ("unconfirmed", 5)
    assert outcomes(await shop.changes(repaired)) == {"A": ACCEPTED}
    assert await stock(shop) == {"A": 0, "B": 0, "C": 5}
    assert (await shop.offers())["A"]["state"] == "withdrawn"


async def test_a_reactivated_offer_without_a_listing_is_created_again(
    shop: Shop, sql: Sql
):
    """Its listing exists, and the creation that should fill it changes nothing."""
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await sql("UPDATE offer SET listed = false WHERE sku = 'A'")
    await shop.fault("ignored_row", sku="A", count=1)
    await shop.upload([row("A", price="150.00"), row("B")])

    run = await shop.publish()
    again = await shop.publish()

    assert outcomes(await shop.changes(run)) == {"A": NOT_APPLIED}
    (change,) = await shop.changes(again)
    assert (change["outcome"], change["before"], change["after"]) == (
        "accepted",
        {"price": "199.90"},
        {"price": "150.00"},
    )
    assert (await shop.listings())["A"]["price"] == "150.00"


async def test_a_creation_written_into_another_listing_is_sent_once(
    shop: Shop,
):
    await shop.upload([row("OLD", quantity=1)])
    await shop.publish()
    await shop.fault("reused_slot", sku="NEW", message="OLD")
    await shop.upload([row("OLD", quantity=1), row("NEW", quantity=7)])

    run = await shop.publish()
    await shop.publish()  # or the run that follows by itself
    later = await shop.publish()

    (change,) = await shop.changes(run)
    assert (change["outcome"], change["code"]) == ("rejected", "listing_taken")
    assert "OLD" in change["message"]
    assert await stock(shop) == {"OLD": 1}
    assert outcomes(await shop.changes(later)) == {"NEW": ("held", "quarantined")}
    offer = (await shop.api.get(f"/v1/stores/{shop.store_id}/offers/NEW")).json()
    assert offer["state"] == "quarantined"
    assert "refused the same data once" in offer["explanation"]


async def test_an_outage_during_the_readback_does_not_fail_the_run(shop: Shop):
    await shop.fault("unavailable", method="GET", path="/ws/listings/*", count=1)
    await shop.upload([row("A")])

    run = await shop.publish()
    path = f"/v1/publications/{run['id']}"

    assert (run["state"], run["counts"]["by_outcome"]) == ("finished", {"accepted": 1})
    assert run["counts"]["confirmed"] == 0
    assert path


STEPS = ("publish.listings_read", "publish.confirmed")


@pytest.mark.parametrize("step", STEPS)
async def test_the_readback_survives_a_kill_at(
    api: httpx.AsyncClient,
    settings: Settings,
    sandbox_url: str,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    async with open_worker(settings):
        shop = await open_shop(api, sandbox_url)
        await shop.upload([row("A"), row("B")])
        await shop.publish()
        await shop.upload([row("N")])
    await shop.fault("ignored_row", sku="A", count=1)
    requested = await shop.publish(wait=False)

    process.crash_at(step, tmp_path / "died")
    process.start()
    ended: dict[str, Any] = await shop.wait_for(
        f"/v1/publications/{requested['id']}", ("finished", "failed"), seconds=120
    )

    assert ended["counts"]["by_outcome"] == {"accepted": 2, "unconfirmed": 1}
    assert ended["counts"]["confirmed"] == 2
    assert await stock(shop) == {"A": 5, "B": 0, "N": 5}
