"""How a turn ends while PostgreSQL is unreachable: the job is released afterwards.

Handlers are plain functions here; job rows and servers are real.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import event

from app.database import Database, open_database
from app.embedded.servers import EmbeddedServers
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from tests.support.plain_jobs import EndSubject, PlainJob, Work, new_job, run_next
from tests.support.stack import SilentQueue, query
from workers.runner import Runner

LONG = timedelta(seconds=60)
SHORT = timedelta(seconds=1)
STANDS = "SELECT state, attempt FROM job WHERE id = %s"


@pytest.fixture
async def database(own_servers: EmbeddedServers) -> AsyncIterator[Database]:
    url = own_servers.endpoints.database_url
    query(url, "DELETE FROM job")  # of the tests before
    async with open_database(url, SilentQueue()) as opened:
        yield opened


def runner_of(
    database: Database, work: Work, give_up: EndSubject, lease: timedelta = LONG
) -> Runner:
    return Runner(database, {JobKind.PLAN: PlainJob(work, give_up)}, lease)


def failure_of(database: Database) -> asyncio.Event:
    """Set once PostgreSQL was asked for something and was not there."""
    failed = asyncio.Event()
    event.listen(
        database.engine.sync_engine, "handle_error", lambda _context: failed.set()
    )
    return failed


async def never(_lease: Lease, _reason: GiveUp) -> None:
    raise AssertionError("no job is given up here")


async def is_done(_lease: Lease) -> Snooze | None:
    return None


async def snoozes(_lease: Lease) -> Snooze | None:
    return Snooze(timedelta(0))


async def fails(_lease: Lease) -> Snooze | None:
    raise ValueError("no")


@pytest.mark.parametrize(
    ("work", "state", "attempt", "error"),
    [
        (is_done, "done", 1, None),
        (snoozes, "queued", 0, None),
        (fails, "queued", 1, "ValueError: no"),
    ],
)
async def test_a_job_is_ended_when_postgresql_is_back(
    own_servers: EmbeddedServers,
    database: Database,
    work: Work,
    state: str,
    attempt: int,
    error: str | None,
):
    job_id = await new_job(database)

    async def while_it_dies(lease: Lease) -> Snooze | None:
        own_servers.kill_postgres()
        return await work(lease)

    runner = runner_of(database, while_it_dies, never)
    failed = failure_of(database)
    turn = asyncio.create_task(run_next(runner))
    await failed.wait()
    own_servers.start_postgres()
    await turn

    found = query(
        database.url, "SELECT state, attempt, last_error FROM job WHERE id = %s", job_id
    )
    assert found == [(state, attempt, error)]


async def test_a_stopped_worker_releases_its_job_when_postgresql_is_back(
    own_servers: EmbeddedServers, database: Database
):
    job_id = await new_job(database)
    begun = asyncio.Event()

    async def goes_on(_lease: Lease) -> Snooze | None:
        begun.set()
        await asyncio.Event().wait()
        return None

    turn = asyncio.create_task(run_next(runner_of(database, goes_on, never)))
    await begun.wait()
    own_servers.kill_postgres()
    failed = failure_of(database)
    turn.cancel()
    await failed.wait()
    own_servers.start_postgres()
    with pytest.raises(asyncio.CancelledError):
        await turn

    found = query(
        database.url,
        "SELECT state, attempt, lease_token FROM job WHERE id = %s",
        job_id,
    )
    assert found == [("queued", 0, None)]


async def test_a_worker_stopped_during_the_last_commit_does_not_requeue_the_job(
    database: Database,
):
    """The commit that ended the job went through: it is not queued again."""
    job_id = await new_job(database)
    ended = asyncio.Event()

    async def ends(lease: Lease) -> Snooze | None:
        async with database.transaction() as tx:
            await lease.finish(tx.session)
        ended.set()
        await asyncio.Event().wait()
        return None

    turn = asyncio.create_task(run_next(runner_of(database, ends, never)))
    await ended.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert query(database.url, STANDS, job_id) == [("done", 1)]


async def test_after_its_lease_a_job_is_left_to_the_sweeper(
    own_servers: EmbeddedServers, database: Database
):
    job_id = await new_job(database)

    async def while_it_dies(_lease: Lease) -> Snooze | None:
        own_servers.kill_postgres()
        return None

    await run_next(runner_of(database, while_it_dies, never, SHORT))
    own_servers.start_postgres()
    found = query(database.url, STANDS, job_id)
    async with asyncio.timeout(30):
        while query(database.url, STANDS, job_id) == found:
            await run_next(runner_of(database, is_done, never))

    assert found == [("running", 1)]
    assert query(database.url, STANDS, job_id) == [("done", 2)]
