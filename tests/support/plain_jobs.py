"""Jobs made of plain functions, for tests of the runner."""

from collections.abc import Awaitable, Callable

from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp

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
