"""A job is released only by the worker that holds it, and never queued twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.database import Database, open_database
from app.jobs import rows
from app.jobs.kinds import JobKind
from app.jobs.rows import Claim, Release
from tests.publications.watching import eventually
from tests.support.stack import SilentQueue, query

LEASE = timedelta(seconds=60)
HOUR = timedelta(hours=1)
SUBJECT = uuid4()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, SilentQueue()) as opened:
        yield opened


async def enqueue(database: Database, after: timedelta = timedelta(0)) -> UUID:
    async with database.transaction() as tx:
        return await rows.add_job(tx.session, JobKind.PLAN, SUBJECT, SUBJECT, after)


async def claimed_job(database: Database) -> Claim:
    await enqueue(database)
    async with database.transaction() as tx:
        claimed = await rows.claim_next(tx.session, LEASE, rows.Turn(SUBJECT, []))
    assert claimed
    return claimed


async def requeue(database: Database, claimed: Claim, pause: timedelta) -> UUID | None:
    async with database.transaction() as tx:
        release = Release(pause, attempt=2, crashes=1, error="no")
        return await rows.requeue(tx.session, claimed, release)


def jobs(database: Database) -> list[tuple[object, ...]]:
    """Each job: id, state, attempts, crashes, error, due within a minute."""
    return query(
        database.url,
        "SELECT id, state, attempt, crashes, last_error, "
        "run_after < now() + interval '1 minute' FROM job ORDER BY created_at",
    )


async def test_a_released_job_keeps_its_id_and_counts(database: Database):
    claimed = await claimed_job(database)

    queued = await requeue(database, claimed, HOUR)

    assert queued == claimed.id
    assert jobs(database) == [(claimed.id, "queued", 2, 1, "no", False)]


@pytest.mark.parametrize("state", ["done", "dead", "queued"])
async def test_a_job_that_is_not_held_any_more_is_left_alone(
    database: Database, state: str
):
    claimed = await claimed_job(database)
    query(database.url, "UPDATE job SET state = %s", state)
    before = jobs(database)

    assert await requeue(database, claimed, HOUR) is None
    assert jobs(database) == before


async def test_a_job_that_another_worker_holds_is_left_alone(database: Database):
    claimed = await claimed_job(database)

    assert await requeue(database, replace(claimed, token=uuid4()), HOUR) is None
    assert jobs(database)[0][1] == "running"


@pytest.mark.parametrize(
    ("queued_after", "pause", "soon"),
    [
        pytest.param(HOUR, timedelta(0), True, id="released earlier"),
        pytest.param(timedelta(0), HOUR, True, id="queued earlier"),
        pytest.param(HOUR, HOUR, False, id="both later"),
    ],
)
async def test_a_job_queued_meanwhile_does_the_work_at_the_earlier_time(
    database: Database, queued_after: timedelta, pause: timedelta, *, soon: bool
):
    claimed = await claimed_job(database)
    other = await enqueue(database, queued_after)

    assert await requeue(database, claimed, pause) == other

    assert jobs(database) == [(other, "queued", 0, 0, "no", soon)]


async def test_a_job_queued_at_the_same_moment_is_no_error(database: Database):
    """The request is not committed yet when the worker releases the job."""
    claimed = await claimed_job(database)
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    async def is_blocked() -> bool:
        return bool(await asyncio.to_thread(query, database.url, waits))

    async with asyncio.TaskGroup() as group, database.transaction() as tx:
        other = await rows.add_job(tx.session, JobKind.PLAN, SUBJECT, SUBJECT)
        released = group.create_task(requeue(database, claimed, HOUR))
        await eventually(is_blocked)

    assert released.result() == other
    assert jobs(database) == [(other, "queued", 0, 0, "no", True)]
