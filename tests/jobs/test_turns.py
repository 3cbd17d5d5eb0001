"""Tenants take turns: no number of waiting jobs of one tenant delays another one's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.database import Database, open_database
from app.embedded.servers import EmbeddedServers
from app.jobs import queue, rows
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import SUSPECT_CRASHES, GiveUp
from tests.support.plain_jobs import PlainJob, new_job, reserve
from tests.support.stack import SilentQueue, query
from workers.job_pool import JobPool
from workers.runner import Runner
from workers.slots import Slots
from workers.turns import Turns

LEASE = timedelta(seconds=60)
TENANTS = {name: UUID(int=number) for number, name in enumerate("ABCD", 1)}
NAMES = {tenant: name for name, tenant in TENANTS.items()}
BEFORE_A = UUID(int=0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, SilentQueue()) as opened:
        yield opened


async def add(database: Database, names: str) -> list[UUID]:
    """One due job for each letter, in this order; the letters are tenants."""
    return [await new_job(database, TENANTS[name]) for name in names]


async def claim(database: Database, turn: rows.Turn) -> rows.Claim | None:
    async with database.transaction() as tx:
        return await rows.claim_next(tx.session, LEASE, turn)


async def claim_all(
    database: Database, *, after: UUID = BEFORE_A, full: str = "", end: bool = True
) -> str:
    """The tenants in the order of the claims of one worker, until none is left."""
    order = ""
    excluded = [TENANTS[name] for name in full]
    while claimed := await claim(database, rows.Turn(after, excluded)):
        after = claimed.tenant_id
        order += NAMES[after]
        if end:
            async with database.transaction() as tx:
                assert await rows.finish(tx.session, claimed)
    return order


@pytest.mark.parametrize(
    ("waiting", "after", "order"),
    [
        pytest.param("AAAAAAB", "A", "BAAAAAA", id="the next tenant comes first"),
        pytest.param("AAAAB", "B", "ABAAA", id="after the last one the circle begins"),
        pytest.param("AAACCCBB", "A", "BCABCACA", id="each tenant in turn"),
        pytest.param("BD", "C", "DB", id="it may begin between"),
    ],
)
async def test_tenants_take_turns(
    database: Database, waiting: str, after: str, order: str
):
    await add(database, waiting)

    assert await claim_all(database, after=TENANTS[after]) == order


@pytest.mark.parametrize(
    ("waiting", "full", "order"),
    [
        pytest.param("AAABB", "", "ABABA", id="the fewest running jobs first"),
        pytest.param("AAAB", "", "ABAA", id="all slots, if no other tenant waits"),
        pytest.param("AAABB", "A", "ABB", id="a full tenant waits"),
    ],
)
async def test_running_jobs_count(
    database: Database, waiting: str, full: str, order: str
):
    """The claimed jobs go on running."""
    await add(database, waiting)

    assert await claim_all(database, full=full, end=False) == order


async def test_jobs_of_a_tenant_are_claimed_in_the_order_of_their_times(
    database: Database,
):
    late, early, future = await add(database, "AAA")
    set_run_after = "UPDATE job SET run_after = now() + %s WHERE id = %s"
    query(database.url, set_run_after, timedelta(seconds=-9), early)
    query(database.url, set_run_after, timedelta(hours=1), future)

    turn = rows.Turn(BEFORE_A, [])
    claims = [await claim(database, turn) for _ in range(3)]

    assert [each and each.id for each in claims] == [early, late, None]


async def test_a_job_waits_for_the_running_one_of_its_subject(database: Database):
    subject = uuid4()
    turn = rows.Turn(BEFORE_A, [])

    async def request() -> None:
        async with database.transaction() as tx:
            await tx.enqueue(JobKind.PLAN, subject, TENANTS["A"])

    await request()
    first = await claim(database, turn)
    await request()
    (other,) = await add(database, "A")

    claims = [await claim(database, turn) for _ in range(2)]

    assert first
    assert [each and each.id for each in claims] == [other, None]


async def test_a_job_whose_lease_ran_out_comes_first(database: Database):
    (lost,) = await add(database, "B")
    assert await claim(database, rows.Turn(BEFORE_A, []))
    query(database.url, "UPDATE job SET lease_until = now() - interval '1 s'")
    await add(database, "A")

    claimed = await claim(database, rows.Turn(BEFORE_A, []))

    assert claimed
    assert (claimed.id, claimed.attempt, claimed.crashes) == (lost, 2, 1)


async def test_workers_that_claim_at_once_claim_different_jobs(database: Database):
    waiting = await add(database, "AABBCC")
    turn = rows.Turn(BEFORE_A, [])

    claims = await asyncio.gather(*[claim(database, turn) for _ in range(6)])

    assert {each.id for each in claims if each} <= set(waiting)
    claimed = [each.id for each in claims if each]
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize(("slots", "most"), [(1, 1), (2, 1), (3, 1), (4, 2), (10, 5)])
def test_a_tenant_has_half_of_the_slots(slots: int, most: int):
    turns = Turns(slots)
    tenant = TENANTS["A"]

    for _ in range(most):
        assert turns.next().full == []
        turns.begin(tenant)
    assert turns.next() == rows.Turn(tenant, [tenant])

    turns.end(tenant)
    assert turns.next().full == []


class Company:
    """Jobs of one worker that run until they are released, and who runs now."""

    def __init__(self, database: Database, slots: int) -> None:
        self.running: set[UUID] = set()
        self.changed = asyncio.Condition()
        self.released: set[UUID] = set()
        self.seen: list[set[UUID]] = []
        jobs = {JobKind.PLAN: PlainJob(self._work, self._give_up)}
        self.pool = JobPool(Runner(database, jobs, LEASE), Slots(slots))

    async def _work(self, lease: Lease) -> Snooze | None:
        job_id = lease.claim.id
        async with self.changed:
            self.running.add(job_id)
            self.seen.append(set(self.running))
            self.changed.notify_all()
            await self.changed.wait_for(lambda: job_id in self.released)
            self.running.remove(job_id)
            self.changed.notify_all()
        return None

    async def _give_up(self, _lease: Lease, _reason: GiveUp) -> None:
        raise AssertionError

    async def run(self, job_ids: Sequence[UUID]) -> None:
        """Wait until exactly these jobs run."""
        async with self.changed, asyncio.timeout(30):
            await self.changed.wait_for(lambda: self.running == set(job_ids))

    async def end(self, job_ids: Sequence[UUID]) -> None:
        async with self.changed:
            self.released.update(job_ids)
            self.changed.notify_all()

    async def stop(self) -> None:
        await self.end([job_id for seen in self.seen for job_id in seen])
        await self.pool.stop()


async def test_long_jobs_of_one_tenant_leave_half_of_the_slots(database: Database):
    company = Company(database, slots=4)
    flood = await add(database, "AAAAAAAA")

    company.pool.wake()
    await company.run(flood[:2])
    others = await add(database, "BC")
    company.pool.wake()  # one wake-up is enough for both
    await company.run([*flood[:2], *others])

    await company.stop()


async def test_wake_ups_before_the_next_claim_are_one(database: Database):
    company = Company(database, slots=4)
    jobs = await add(database, "AB")
    for _ in range(3):
        company.pool.wake()

    assert len(company.pool.running) == 1
    await company.run(jobs)
    await company.stop()


async def test_a_slot_goes_on_without_a_wake_up(database: Database):
    company = Company(database, slots=1)
    first, second = await add(database, "AA")

    company.pool.wake()
    await company.run([first])
    await company.end([first])
    await company.run([second])

    await company.stop()


async def suspect_job(database: Database) -> UUID:
    """A job that is due after so many crashes that it must run alone."""
    job_id = await new_job(database)
    statement = "UPDATE job SET crashes = %s WHERE id = %s"
    query(database.url, statement, SUSPECT_CRASHES, job_id)
    return job_id


async def test_a_suspect_job_runs_alone(database: Database):
    company = Company(database, slots=4)
    first = await new_job(database)
    company.pool.wake()
    await company.run([first])
    suspect = await suspect_job(database)
    reserved = await reserve(database)
    assert reserved

    company.pool.run_alone(reserved)
    later = await new_job(database)
    company.pool.wake()
    await company.end([first])
    await company.run([suspect])
    await company.end([suspect])
    await company.run([later])

    assert {suspect} in company.seen
    assert not any(len(each) > 1 and suspect in each for each in company.seen)
    await company.stop()


async def test_a_suspect_job_is_reserved_by_one_worker(database: Database):
    await suspect_job(database)
    first = await reserve(database)
    assert await reserve(database) is None
    assert await claim(database, rows.Turn(BEFORE_A, [])) is None

    query(database.url, "UPDATE job SET run_after = now()")
    second = await reserve(database)
    assert first
    assert second
    async with database.transaction() as tx:
        late = await rows.claim_reserved(tx.session, first, LEASE)
        claimed = await rows.claim_reserved(tx.session, second, LEASE)

    assert late is None
    assert claimed


async def test_wake_ups_do_not_pile_up(servers: EmbeddedServers):
    redis = queue.connect(f"{servers.endpoints.redis_url}?db=11")
    waker = queue.Queue(redis)
    try:
        while await redis.zcard(queue.QUEUE_NAME) < queue.ENOUGH:
            assert await waker.wake(queue.MOST_AT_ONCE)
        assert await waker.wake(1000)
        waiting = await redis.zcard(queue.QUEUE_NAME)
    finally:
        await redis.flushdb()
        await waker.close()

    assert waiting < queue.ENOUGH + queue.MOST_AT_ONCE
