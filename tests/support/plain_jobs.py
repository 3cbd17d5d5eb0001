"""Jobs made of plain functions, for tests of the runner."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from app.database import Database
from app.jobs import rows
from app.jobs.frame import Job
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from workers.runner import Runner

Work = Callable[[Lease], Awaitable[Snooze | None]]
EndSubject = Callable[[Lease, GiveUp], Awaitable[None]]


class PlainJob(Job[Lease]):
    """Works and is given up by one function each."""

    name = "plain"

    def __init__(self, work: Work, give_up: EndSubject) -> None:
        self._work = work
        self._give_up = give_up

    async def load(self, lease: Lease) -> Lease:
        return lease

    async def work(self, lease: Lease, _loaded: Lease) -> Snooze | None:
        return await self._work(lease)

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        await self._give_up(lease, reason)


async def new_job(database: Database, tenant_id: UUID | None = None) -> UUID:
    """Queue a job with a subject of its own; its id."""
    async with database.transaction() as tx:
        await tx.enqueue(JobKind.PLAN, uuid4(), tenant_id or uuid4())
    return tx.jobs[0]


async def reserve(database: Database) -> rows.Reservation | None:
    """Reserve a suspect job, as a sweep does."""
    async with database.transaction() as tx:
        return await rows.reserve_suspect(tx.session)


async def run_next(runner: Runner) -> bool:
    """Run the next due job, a suspect one alone. False: none is due."""
    claimed = await runner.claim_next(rows.Turn(uuid4(), []))
    if claimed is None and (reserved := await reserve(runner.database)):
        claimed = await runner.claim_reserved(reserved)
    if claimed:
        await runner.work(claimed)
    return claimed is not None
