"""Tasks that outlive their run are polled by their own schedule, without a run."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.backmarket.markets import MARKETS
from app.database import open_database
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease
from app.jobs.rows import Turn, add_job, claim_next
from app.publications.enums import SubmissionState
from app.publications.execution.late_tasks import AccountBusyError, LateAccess
from app.publications.results import submissions
from app.settings import Settings
from tests.publications.conftest import Sql, with_brief_tasks
from tests.publications.plan_table import Tables
from tests.publications.watching import eventually, outcomes, run_of, runs
from tests.support.shop import Row, Shop, open_shop, row
from tests.support.stack import SilentQueue, WorkerProcess, open_worker

TIMED_OUT = ("unconfirmed", "task_timeout")
ACCEPTED = ("accepted", None)
LATER = "UPDATE submission SET poll_at = now() + interval '1 hour'"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_brief_tasks(settings)


async def time_out(shop: Shop, sql: Sql, *rows: Row) -> dict[str, Any]:
    """A run that ends before its task does; the task is not polled for an hour."""
    await shop.fault("stuck_task", count=1)
    await shop.upload(rows)
    run = await shop.publish()
    assert {each["outcome"] for each in await shop.changes(run)} == {"unconfirmed"}
    await sql(LATER)
    return run


async def deactivate(shop: Shop) -> None:
    answer = await shop.api.delete(f"/v1/stores/{shop.store_id}/activation")
    assert answer.status_code < 300, answer.text


async def finish_task(shop: Shop) -> None:
    """The account's first task ends at Back Market."""
    tasks = await shop.sandbox("GET", "/tasks", params={"account": shop.account})
    task_id = tasks["tasks"][0]["task_id"]
    await shop.sandbox("POST", f"/tasks/{task_id}/finish")


async def make_due(sql: Sql) -> None:
    await sql("UPDATE submission SET poll_at = now() WHERE state <> 'settled'")


async def settled(sql: Sql) -> None:
    """Wait until no submission is open."""

    async def none_open() -> bool:
        found = await sql("SELECT count(*) FROM submission WHERE state <> 'settled'")
        return bool(found[0][0] == 0)

    await eventually(none_open)


async def newest_run(shop: Shop, trigger: str) -> dict[str, Any]:
    """The run that was requested for this reason, once it has finished."""

    async def found() -> dict[str, Any] | None:
        ended = [
            each
            for each in await runs(shop)
            if (each["trigger"], each["state"]) == (trigger, "finished")
        ]
        return ended[-1] if ended else None

    return dict(await eventually(found))


async def test_a_late_task_is_polled_without_a_later_run(shop: Shop, sql: Sql):
    run = await time_out(shop, sql, row("A"), row("B"))
    await deactivate(shop)

    await finish_task(shop)
    await make_due(sql)
    await settled(sql)

    assert len(await runs(shop)) == 1
    assert (await run_of(shop, run))["counts"]["by_outcome"] == {"accepted": 2}
    assert outcomes(await shop.changes(run)) == {"A": ACCEPTED, "B": ACCEPTED}
    live = await sql("SELECT live_quantity, listed FROM offer")
    assert live == [(5, True), (5, True)]


async def test_a_task_that_never_ends_is_given_up_after_a_day(shop: Shop, sql: Sql):
    run = await time_out(shop, sql, row("A"))
    await deactivate(shop)

    await sql("UPDATE submission SET sent_at = now() - interval '25 hours'")
    await make_due(sql)
    await settled(sql)

    assert outcomes(await shop.changes(run)) == {"A": TIMED_OUT}


async def test_what_a_late_task_overwrote_is_corrected_by_a_run(shop: Shop, sql: Sql):
    await time_out(shop, sql, row("A"))
    await shop.upload([row("A", price="50")])
    await shop.publish()

    await finish_task(shop)
    await make_due(sql)
    await settled(sql)
    follow_up = await newest_run(shop, "follow_up")

    assert outcomes(await shop.changes(follow_up)) == {"A": ACCEPTED}
    assert (await shop.listings())["A"]["price"] == "50.00"


async def test_a_late_task_does_not_put_a_store_that_left_on_sale(shop: Shop, sql: Sql):
    await time_out(shop, sql, row("A"))
    await sql("UPDATE store SET active = false, departed_with = 'zero'")

    await finish_task(shop)
    await make_due(sql)
    await settled(sql)
    zeroing = await newest_run(shop, "departure")

    assert outcomes(await shop.changes(zeroing)) == {"A": ACCEPTED}
    assert (await shop.listings())["A"]["quantity"] == 0


async def test_an_outage_postpones_the_poll_of_a_late_task(shop: Shop, sql: Sql):
    await time_out(shop, sql, row("A"))
    await deactivate(shop)
    before = (await sql("SELECT polls FROM submission"))[0][0]
    await shop.fault("answer", path="/ws/tasks/*", status=500, count=1)

    await finish_task(shop)
    await make_due(sql)
    await settled(sql)

    assert (await sql("SELECT polls FROM submission"))[0][0] == before + 1


async def test_results_are_recorded_only_while_no_run_is_active(tables: Tables):
    session, lease = tables.session, timedelta(seconds=60)
    account = tables.account_id
    await add_job(session, JobKind.RESOLVE_SUBMISSIONS, account, account)
    claimed = await claim_next(session, lease, Turn(account, []))
    assert claimed
    unused: Any = None
    access = LateAccess(
        tools=unused,
        lease=Lease(claimed, lease),
        store_id=tables.store_id,
        account_id=account,
        siblings=[],
        market=MARKETS["FR"],
        access=unused,
    )

    with pytest.raises(AccountBusyError):
        await access.fence(session)
    tables.execute("UPDATE publication SET state = 'finished'")
    await access.fence(session)


async def test_of_two_workers_the_first_settles_a_submission(
    shop: Shop, sql: Sql, settings: Settings
):
    run = await time_out(shop, sql, row("A"))
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    async with open_database(url, SilentQueue(), pool_size=2) as database:
        async with database.transaction() as tx:
            (found,) = await submissions.load_open(tx.session, run["id"])
        async with database.transaction() as tx:
            await submissions.settle(tx.session, found)

        with pytest.raises(submissions.SubmissionChangedError):
            async with database.transaction() as tx:
                await submissions.set_state(tx.session, found, SubmissionState.SENT)

    assert await sql("SELECT state FROM submission") == [("settled",)]


@pytest.mark.parametrize(
    "step",
    ["late_tasks.started", "publish.polled", "publish.settled"],
)
async def test_a_poll_survives_a_kill_at(
    api: httpx.AsyncClient,
    sandbox_url: str,
    settings: Settings,
    sql: Sql,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    async with open_worker(settings):
        shop = await open_shop(api, sandbox_url)
        run = await time_out(shop, sql, row("A"))
        await deactivate(shop)
    await finish_task(shop)
    await make_due(sql)

    process.crash_at(step, tmp_path / "died")
    process.start()
    await settled(sql)

    assert outcomes(await shop.changes(run)) == {"A": ACCEPTED}
    assert (await run_of(shop, run))["counts"]["by_outcome"] == {"accepted": 1}
