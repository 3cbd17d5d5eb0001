"""The log of a worker says what matters: no warning for what is normal."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app.database import Database, libpq_url, open_database
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp, heartbeat
from tests.orders.desk import Desk
from tests.support.plain_jobs import PlainJob, Work, new_job, run_next
from tests.support.shop import Shop
from tests.support.stack import query
from workers.runner import Runner

LEASE = timedelta(seconds=0.3)
LOCK = "SELECT pg_advisory_xact_lock(4711)"


class SlowQueue:
    """A queue that takes longer than a heartbeat."""

    async def wake(self, _count: int = 1, *, after: timedelta = timedelta(0)) -> bool:
        await asyncio.sleep(2 * heartbeat(LEASE).total_seconds())
        return True


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, SlowQueue()) as opened:
        yield opened


async def run(database: Database, work: Work) -> tuple[list[str], tuple[str, int]]:
    """The events that were logged, and the job's state and attempts."""

    async def give_up(_lease: Lease, _reason: GiveUp) -> None:
        raise AssertionError

    job_id = await new_job(database)
    runner = Runner(database, {JobKind.PLAN: PlainJob(work, give_up)}, LEASE)
    with capture_logs() as logged:
        await run_next(runner)
    row = query(database.url, "SELECT state, attempt FROM job WHERE id = %s", job_id)
    return [entry["event"] for entry in logged], row[0]


async def test_a_heartbeat_after_the_release_of_a_job_is_no_loss(database: Database):
    async def work(_lease: Lease) -> Snooze:
        return Snooze(timedelta(hours=1))

    assert await run(database, work) == ([], ("queued", 0))


async def test_a_heartbeat_after_the_end_of_a_job_does_not_stop_its_work(
    database: Database,
):
    ended = []

    async def work(lease: Lease) -> None:
        async with database.transaction() as tx:
            await lease.finish(tx.session)
        await database.waker.wake()
        ended.append(True)

    assert await run(database, work) == ([], ("done", 1))
    assert ended


async def test_a_lost_lease_is_a_warning(database: Database):
    async def work(lease: Lease) -> None:
        query(database.url, "UPDATE job SET lease_token = gen_random_uuid()")
        await asyncio.Event().wait()

    events, _ = await run(database, work)

    assert events == ["job.lease_lost"]


async def test_a_job_that_waits_for_a_lock_runs_again_without_a_failure(
    database: Database,
):
    async def work(_lease: Lease) -> None:
        async with database.transaction() as tx:
            await tx.session.execute(text("SET LOCAL lock_timeout = '10ms'"))
            await tx.session.execute(text(LOCK))

    with psycopg.connect(libpq_url(database.url)) as other:
        other.execute(LOCK)
        assert await run(database, work) == (["job.busy"], ("queued", 0))


async def test_a_failed_request_is_logged_with_its_path_and_reason(shop: Shop):
    desk = Desk(shop)
    await desk.stock()
    await shop.fault("unavailable", path="/ws/orders", count=1)

    with capture_logs() as logged:
        await desk.sync()

    failed = [entry for entry in logged if entry["event"] == "job.request_failed"]
    assert [(each["request"], each["status"]) for each in failed] == [
        ("GET /ws/orders", 503)
    ]
    assert failed[0]["reason"]
