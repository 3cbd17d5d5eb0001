"""Tasks that fail half-way, cannot be read, or are left over by an earlier run."""

from pathlib import Path
from uuid import uuid4

import pytest

from app.embedded.servers import EmbeddedServers
from app.publications.results import resolve
from app.settings import Settings
from tests.publications.conftest import Sql
from tests.publications.watching import outcomes
from tests.support.shop import Shop, row
from tests.support.stack import settings_for

ACCEPTED = ("accepted", None)
TIMED_OUT = ("unconfirmed", "task_timeout")


@pytest.fixture
def settings(
    database_url: str, servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> Settings:
    """Every change goes out in a batch; a run waits for its task for a second."""
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    return settings_for(
        database_url,
        redis_url,
        sandbox_url,
        tmp_path,
        task_deadline=1,
        single_update_max=0,
    )


async def test_what_a_task_did_before_it_failed_is_not_sent_again(shop: Shop):
    await shop.upload([row("DONE"), row("LOST")])
    await shop.publish()
    await shop.fault("failed_task", count=1, message="Out of memory")
    await shop.upload([row("DONE", price="180"), row("LOST", price="180")])
    path = f"/accounts/{shop.account}/listings/DONE"
    await shop.sandbox("PATCH", path, json={"markets": {"FR": {"price": "180.00"}}})

    failed = await shop.publish()
    again = await shop.publish()

    assert outcomes(await shop.changes(failed)) == {
        "DONE": ACCEPTED,
        "LOST": ("rejected", "task_failed"),
    }
    assert outcomes(await shop.changes(again)) == {"LOST": ACCEPTED}


async def test_a_report_that_cannot_be_read_does_not_hold_up_a_run_for_ever(shop: Shop):
    await shop.fault("answer", path="/ws/tasks/*", status=200, envelope="string")
    await shop.upload([row("A")])

    run = await shop.publish()

    assert run["state"] == "finished"
    assert outcomes(await shop.changes(run)) == {"A": TIMED_OUT}


async def test_a_task_of_an_earlier_run_is_polled_when_it_is_due(shop: Shop, sql: Sql):
    await shop.fault("stuck_task", count=1)
    await shop.upload([row("A")])
    await shop.publish()
    (task_id,) = (await sql("SELECT task_id FROM submission"))[0]
    rule = {"kind": "slow_answer", "seconds": 0, "path": f"/ws/tasks/{task_id}"}
    counter = (await shop.sandbox("POST", "/faults", json=rule))["id"]

    await sql("UPDATE submission SET poll_at = now() + interval '1 hour'")
    await shop.publish()
    before = await strikes(shop, counter)
    await sql("UPDATE submission SET poll_at = now() WHERE state <> 'settled'")
    await shop.publish()

    assert before == 0
    assert await strikes(shop, counter) == 1
    polled = await sql(
        "SELECT polls, poll_at > now() FROM submission WHERE state = 'sent'"
    )
    assert polled[0][1]


async def strikes(shop: Shop, rule: int) -> int:
    faults = (await shop.sandbox("GET", "/faults"))["faults"]
    return int(next(each["strikes"] for each in faults if each["id"] == rule))


async def test_a_slow_answer_about_a_task_is_not_waited_for(
    shop: Shop, sql: Sql, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(resolve, "POLL_TIMEOUT", 0.2)
    await shop.fault("slow_answer", seconds=60, path="/ws/tasks/*", count=1)
    await shop.upload([row("A")])

    run = await shop.publish()

    assert outcomes(await shop.changes(run)) == {"A": ACCEPTED}
    assert (await sql("SELECT polls FROM submission"))[0][0] >= 1
