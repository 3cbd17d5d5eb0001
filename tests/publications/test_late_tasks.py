"""Tasks that end late or never: a run waits for them until its deadline only."""

from pathlib import Path
from uuid import uuid4

import pytest

from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.publications.conftest import Sql
from tests.publications.watching import outcomes, runs, times_sent
from tests.support.shop import Shop, row
from tests.support.stack import settings_for

TIMED_OUT = ("unconfirmed", "task_timeout")
ACCEPTED = ("accepted", None)


@pytest.fixture
def settings(
    database_url: str, servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> Settings:
    """A run waits for a task for a second only."""
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    return settings_for(database_url, redis_url, sandbox_url, tmp_path, task_deadline=1)


async def test_lines_of_an_endless_task_are_unconfirmed(shop: Shop):
    await shop.fault("stuck_task", count=1)
    await shop.upload([row("A"), row("B")])

    run = await shop.publish()

    assert run["state"] == "finished"
    assert outcomes(await shop.changes(run)) == {"A": TIMED_OUT, "B": TIMED_OUT}
    change = (await shop.changes(run))[0]
    assert change["message"] == (
        "Back Market's task did not end in time; it is polled further, for a day."
    )


async def test_the_next_run_sends_changes_that_an_endless_task_did_not_apply(
    shop: Shop,
):
    await shop.fault("stuck_task", count=1)
    await shop.upload([row("A"), row("B")])
    await shop.publish()

    run = await shop.publish()

    assert outcomes(await shop.changes(run)) == {"A": ACCEPTED, "B": ACCEPTED}
    assert await times_sent(shop) == {"A": 1, "B": 1}


async def test_the_next_run_does_not_repeat_changes_that_an_endless_task_applied(
    shop: Shop,
):
    await shop.fault("stuck_task", count=1, applies=True)
    await shop.upload([row("A"), row("B")])
    first = await shop.publish()

    second = await shop.publish()

    assert second["counts"]["changes"] == 0
    assert await times_sent(shop) == {"A": 1, "B": 1}
    assert outcomes(await shop.changes(first)) == {"A": ACCEPTED, "B": ACCEPTED}
    report = (await runs(shop))[0]
    assert report["counts"]["by_outcome"] == {"accepted": 2}


async def test_the_next_poll_corrects_what_a_late_task_overwrote(shop: Shop, sql: Sql):
    await shop.upload([row("A")])
    await shop.publish()
    await shop.fault("stuck_task", count=1)
    many = [row(f"N{n}") for n in range(2)]
    await shop.upload([row("A"), *many])
    await shop.publish()
    task = (await shop.sandbox("GET", "/tasks", params={"account": shop.account}))[
        "tasks"
    ][-1]["task_id"]
    await shop.upload([row("A"), row("N0", price="50"), row("N1", quantity=1)])
    await shop.publish()

    await shop.sandbox("POST", f"/tasks/{task}/finish")
    assert (await shop.listings())["N0"]["price"] == "199.90"
    await sql("UPDATE submission SET poll_at = now() WHERE state <> 'settled'")
    await shop.publish()

    shown = await shop.listings()
    assert (shown["N0"]["price"], shown["N1"]["quantity"]) == ("50.00", 1)
