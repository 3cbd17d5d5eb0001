"""Which executions count, and how a job is given up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from app.database import Database, open_database
from app.jobs import rows
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import (
    GIVE_UP,
    MAX_ATTEMPTS,
    MAX_CRASHES,
    MAX_PERMANENT,
    REPEATED_ERROR,
    SUSPECT_CRASHES,
    WORKER_CRASHED,
    GiveUp,
)
from tests.support.plain_jobs import PlainJob, Work, new_job, reserve, run_next
from tests.support.stack import SilentQueue, query
from workers.runner import Runner

LEASE = timedelta(seconds=60)
NOW = timedelta(0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, SilentQueue()) as opened:
        yield opened


def counts(database: Database, job_id: UUID) -> tuple[str, int, int]:
    statement = "SELECT state, attempt, crashes FROM job WHERE id = %s"
    found: tuple[str, int, int] = query(database.url, statement, job_id)[0]
    return found


async def crash(database: Database, job_id: UUID) -> None:
    """A worker claims the job, which is the only due one, and is never heard of."""
    reserved = await reserve(database)
    async with database.transaction() as tx:
        if reserved:
            claimed = await rows.claim_reserved(tx.session, reserved, LEASE)
        else:
            claimed = await rows.claim_next(tx.session, LEASE, rows.Turn(job_id, []))
    assert claimed
    assert claimed.id == job_id
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


async def cannot_connect(_lease: Lease) -> Snooze | None:
    raise ConnectionError("no")


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

    await run_next(subject.runner)

    assert subject.turns == 0
    assert subject.given_up == [WORKER_CRASHED]
    assert counts(database, job_id) == ("dead", MAX_CRASHES + 1, MAX_CRASHES)


async def test_one_crash_less_is_retried(database: Database):
    job_id = await new_job(database)
    subject = Subject(database, succeeds)
    for _ in range(MAX_CRASHES - 1):
        await crash(database, job_id)

    await run_next(subject.runner)

    assert subject.turns == 1
    assert subject.given_up == []
    assert counts(database, job_id) == ("done", MAX_CRASHES, MAX_CRASHES - 1)


async def test_the_last_failure_gives_a_job_up(database: Database):
    job_id = await new_job(database)
    query(
        database.url,
        "UPDATE job SET attempt = %s WHERE id = %s",
        MAX_ATTEMPTS - 1,
        job_id,
    )
    subject = Subject(database, cannot_connect)

    await run_next(subject.runner)

    assert subject.given_up == [REPEATED_ERROR]
    assert counts(database, job_id) == ("dead", MAX_ATTEMPTS, 0)


@pytest.mark.parametrize(
    ("work", "state"),
    [(fails, "dead"), (cannot_connect, "queued")],
    ids=["an error that repeats", "an error that may pass"],
)
async def test_a_permanent_error_ends_a_job_after_three_tries(
    database: Database, work: Work, state: str
):
    job_id = await new_job(database)
    subject = Subject(database, work)
    due = "UPDATE job SET run_after = now() WHERE id = %s"

    for _ in range(MAX_PERMANENT):
        query(database.url, due, job_id)
        await run_next(subject.runner)

    assert subject.turns == MAX_PERMANENT
    assert counts(database, job_id) == (state, MAX_PERMANENT, 0)


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

    await run_next(Subject(database, work).runner)

    assert counts(database, job_id) == ("queued", attempt, crashes)


async def test_a_stopped_worker_costs_no_attempt(database: Database):
    job_id = await new_job(database)
    await crash(database, job_id)
    started = asyncio.Event()

    async def goes_on(_lease: Lease) -> Snooze | None:
        started.set()
        await asyncio.Event().wait()
        return None

    turn = asyncio.create_task(run_next(Subject(database, goes_on).runner))
    await started.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert counts(database, job_id) == ("queued", 1, 1)


async def test_fewer_crashes_do_not_make_a_job_suspect(database: Database):
    job_id = await new_job(database)
    for _ in range(SUSPECT_CRASHES - 1):
        await crash(database, job_id)
    subject = Subject(database, succeeds)

    assert not await reserve(database)
    await run_next(subject.runner)

    assert subject.turns == 1


class Stubborn:
    """A subject that cannot be ended, the first `errors` times."""

    def __init__(self, database: Database, errors: int) -> None:
        self.asked: list[GiveUp] = []
        self._errors = errors
        self.database = database
        job = PlainJob(fails, self._give_up)
        self.runner = Runner(database, {JobKind.PLAN: job}, LEASE)

    async def _give_up(self, _lease: Lease, reason: GiveUp) -> None:
        self.asked.append(reason)
        if len(self.asked) <= self._errors:
            raise KeyError("broken")

    async def run_until_it_ends(self, job_id: UUID) -> list[tuple[str, object]]:
        """Run the job whenever it is queued; returns what was logged about it."""
        with capture_logs([merge_contextvars]) as logs:
            while counts(self.database, job_id)[0] != "dead":
                due = "UPDATE job SET run_after = now() WHERE id = %s"
                query(self.database.url, due, job_id)
                await run_next(self.runner)
        assert {(each["job_id"], each["kind"]) for each in logs} == {
            (str(job_id), JobKind.PLAN)
        }
        return [(each["event"], each.get("tries")) for each in logs]


LAST_TRY = GIVE_UP.max_failures or 0


async def at_its_last_attempt(database: Database) -> UUID:
    job_id = await new_job(database)
    last = "UPDATE job SET attempt = %s WHERE id = %s"
    query(database.url, last, MAX_ATTEMPTS - 1, job_id)
    return job_id


async def crashed_too_often(database: Database) -> UUID:
    job_id = await new_job(database)
    for _ in range(MAX_CRASHES):
        await crash(database, job_id)
    return job_id


BOTH = pytest.mark.parametrize(
    ("given_up_job", "reason"),
    [(at_its_last_attempt, REPEATED_ERROR), (crashed_too_often, WORKER_CRASHED)],
    ids=["errors", "crashes"],
)


@BOTH
async def test_a_subject_that_cannot_be_ended_is_left_after_a_few_tries(
    database: Database,
    given_up_job: Callable[[Database], Awaitable[UUID]],
    reason: GiveUp,
):
    job_id = await given_up_job(database)
    subject = Stubborn(database, errors=1000)

    logs = await subject.run_until_it_ends(job_id)

    assert subject.asked == [reason] * LAST_TRY
    tries = [number for event, number in logs if event == "job.give_up_failed"]
    assert tries == list(range(1, LAST_TRY + 1))
    assert logs[-1][0] == "job.subject_left"
    found = query(database.url, "SELECT last_error FROM job WHERE id = %s", job_id)
    assert found == [("KeyError: 'broken'",)]


@BOTH
async def test_a_subject_is_ended_by_a_later_try(
    database: Database,
    given_up_job: Callable[[Database], Awaitable[UUID]],
    reason: GiveUp,
):
    job_id = await given_up_job(database)
    subject = Stubborn(database, errors=LAST_TRY - 1)

    logs = await subject.run_until_it_ends(job_id)

    assert subject.asked == [reason] * LAST_TRY
    assert "job.subject_left" not in {event for event, _ in logs}


async def test_a_job_whose_end_crashes_the_worker_ends(database: Database):
    """It was given up at MAX_CRASHES, and each try to give it up was a crash too."""
    job_id = await new_job(database)
    for _ in range(MAX_CRASHES + LAST_TRY):
        await crash(database, job_id)
    subject = Stubborn(database, errors=0)

    logs = await subject.run_until_it_ends(job_id)

    assert subject.asked == []
    assert logs[-1][0] == "job.subject_left"
