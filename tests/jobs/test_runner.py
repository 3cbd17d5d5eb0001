"""Which executions count as attempts: crashes do, stops and idle executions do not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.database import Database, open_database
from app.jobs import rows
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import (
    JOB,
    MAX_CRASHES,
    REPEATED_ERROR,
    WORKER_CRASHED,
    GiveUp,
)
from tests.support.plain_jobs import PlainJob, Work
from tests.support.stack import SilentQueue, query
from workers.runner import Runner

LEASE = timedelta(seconds=60)
NOW = timedelta(0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, SilentQueue()) as opened:
        yield opened


async def new_job(database: Database) -> UUID:
    async with database.transaction() as tx:
        await tx.enqueue(JobKind.PLAN, uuid4())
    return tx.jobs[0]


def counts(database: Database, job_id: UUID) -> tuple[str, int, int]:
    statement = "SELECT state, attempt, crashes FROM job WHERE id = %s"
    found: tuple[str, int, int] = query(database.url, statement, job_id)[0]
    return found


async def crash(database: Database, job_id: UUID) -> None:
    """A worker claims the job and is never heard of again."""
    async with database.transaction() as tx:
        assert await rows.claim(tx.session, job_id, LEASE)
    expire(database, job_id)


def expire(database: Database, job_id: UUID) -> None:
    query(
        database.url,
        "UPDATE job SET lease_until = now() - interval '1 s' WHERE id = %s",
        job_id,
    )


class Subject:
    """Runs a handler and remembers why its job was given up."""

    def __init__(self, database: Database, work: Work) -> None:
        self.turns = 0
        self.given_up: list[GiveUp] = []
        self._work = work
        job = PlainJob(self._turn, self._give_up)
        self.runner = Runner(database, {JobKind.PLAN: job}, LEASE)

    async def _turn(self, lease: Lease) -> Snooze | None:
        self.turns += 1
        return await self._work(lease)

    async def _give_up(self, _lease: Lease, reason: GiveUp) -> None:
        self.given_up.append(reason)


async def succeeds(_lease: Lease) -> Snooze | None:
    return None


async def fails(_lease: Lease) -> Snooze | None:
    raise ValueError("no")


async def snoozes(_lease: Lease) -> Snooze | None:
    return Snooze(NOW)


async def is_not_due(_lease: Lease) -> Snooze | None:
    return Snooze(NOW, idle=True)


async def test_a_job_that_crashed_its_worker_too_often_is_given_up_unrun(
    database: Database,
):
    job_id = await new_job(database)
    subject = Subject(database, succeeds)
    for _ in range(MAX_CRASHES):
        await crash(database, job_id)

    await subject.runner.run(job_id)

    assert subject.turns == 0
    assert subject.given_up == [WORKER_CRASHED]
    assert counts(database, job_id) == ("dead", MAX_CRASHES + 1, MAX_CRASHES)


async def test_one_crash_less_is_retried(database: Database):
    job_id = await new_job(database)
    subject = Subject(database, succeeds)
    for _ in range(MAX_CRASHES - 1):
        await crash(database, job_id)

    await subject.runner.run(job_id)

    assert subject.turns == 1
    assert subject.given_up == []
    assert counts(database, job_id) == ("done", MAX_CRASHES, MAX_CRASHES - 1)


async def test_the_last_failure_gives_a_job_up(database: Database):
    job_id = await new_job(database)
    query(
        database.url,
        "UPDATE job SET attempt = %s WHERE id = %s",
        JOB.max_failures - 1,
        job_id,
    )
    subject = Subject(database, fails)

    await subject.runner.run(job_id)

    assert subject.given_up == [REPEATED_ERROR]
    assert counts(database, job_id) == ("dead", JOB.max_failures, 0)


@pytest.mark.parametrize(
    ("work", "attempt", "crashes"),
    [
        pytest.param(snoozes, 0, 0, id="a turn that did something resets both"),
        pytest.param(is_not_due, 1, 1, id="an idle turn changes nothing"),
        pytest.param(fails, 2, 1, id="a failure is one attempt more"),
    ],
)
async def test_the_next_execution_decides_about_the_counts(
    database: Database, work: Work, attempt: int, crashes: int
):
    job_id = await new_job(database)
    await crash(database, job_id)

    await Subject(database, work).runner.run(job_id)

    assert counts(database, job_id) == ("queued", attempt, crashes)


async def test_a_stopped_worker_costs_no_attempt(database: Database):
    job_id = await new_job(database)
    await crash(database, job_id)
    started = asyncio.Event()

    async def goes_on(_lease: Lease) -> Snooze | None:
        started.set()
        await asyncio.Event().wait()
        return None

    turn = asyncio.create_task(Subject(database, goes_on).runner.run(job_id))
    await started.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert counts(database, job_id) == ("queued", 1, 1)
