"""Tasks that fail half-way, cannot be read, or are left over by an earlier run."""

import pytest

from app.publications.results import resolve
from app.settings import Settings
from tests.publications.conftest import Sql, with_brief_tasks
from tests.publications.watching import outcomes
from tests.support.shop import Shop, row

ACCEPTED = ("accepted", None)
TIMED_OUT = ("unconfirmed", "task_timeout")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_brief_tasks(settings)


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
    ((due,),) = await sql(
        "UPDATE submission SET poll_at = now() WHERE state <> 'settled'"
        " RETURNING poll_at"
    )
    await shop.publish()

    assert before == 0
    assert await strikes(shop, counter) >= 1  # by the run, or without one
    ((next_poll,),) = await sql("SELECT poll_at FROM submission WHERE state = 'sent'")
    assert next_poll > due


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
