"""Runs due jobs in this process, a limited number at a time."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.database import AWAY
from app.jobs.rows import Claim, Reservation
from workers.runner import Runner
from workers.slots import Slots
from workers.turns import Turns

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.0
"""How long a stopping worker lets its jobs run before it releases them."""


@dataclass(slots=True)
class JobPool:
    """Claims and runs jobs until none is due; a wake-up makes it check again.

    A slot that found a job wakes another one, so that one wake-up is enough for all
    jobs that are due.
    """

    runner: Runner
    slots: Slots
    turns: Turns = field(init=False)
    running: set["asyncio.Task[None]"] = field(default_factory=set)
    _alone: "asyncio.Task[None] | None" = None
    _woken: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _claiming: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.turns = Turns(self.slots.count)

    @property
    def open(self) -> bool:
        return not self.closing.is_set()

    @property
    def free(self) -> int:
        """Slots that look for no job now."""
        return self.slots.count - len(self.running) if self.open else 0

    @property
    def runs_alone(self) -> bool:
        """Whether a suspect job runs, or waits until the others have ended."""
        return self._alone is not None and not self._alone.done()

    def wake(self) -> None:
        """Look for due jobs, unless every slot does or runs one.

        Wake-ups before the next claim are one: it sees the jobs of all of them.
        """
        if self.free > 0 and not self._woken:
            self._woken = True
            self._start(self._run_due())

    def run_alone(self, reserved: Reservation) -> None:
        """Run a suspect job once the others have ended, and no other one with it."""
        self._alone = self._start(self._run_reserved(reserved))

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return task

    async def _run_due(self) -> None:
        """Run jobs, one after the other, until none is due."""
        try:
            while self.open and await self._run_next():
                pass
        except AWAY as error:  # the next sweep checks again
            log.warning("job.database_away", error=type(error).__name__)

    async def _run_next(self) -> bool:
        """Run the job whose turn it is. False: none is due."""
        async with self.slots.one():
            claimed = await self._claim_next()
            if claimed is None:
                return False
            self.wake()
            await self._work(claimed)
        return True

    async def _claim_next(self) -> Claim | None:
        """One claim at a time: each counts the ones before."""
        async with self._claiming:
            self._woken = False
            if not self.open:  # other workers claim what waits
                return None
            claimed = await self.runner.claim_next(self.turns.next())
            if claimed:
                self.turns.begin(claimed.tenant_id)
            return claimed

    async def _work(self, claimed: Claim) -> None:
        try:
            await self.runner.work(claimed)
        finally:
            self.turns.end(claimed.tenant_id)

    async def _run_reserved(self, reserved: Reservation) -> None:
        try:
            async with self.slots.all():
                claimed = await self.runner.claim_reserved(reserved)
                if claimed:
                    await self.runner.work(claimed)
        except AWAY as error:  # its reservation or lease runs out
            log.warning("job.database_away", error=type(error).__name__)

    async def stop(self) -> None:
        """Let jobs end for a while, then release those that still run."""
        self.closing.set()
        if self.running:
            await asyncio.wait(self.running, timeout=DRAIN_SECONDS)
        for task in self.running:
            task.cancel()
        if self.running:
            await asyncio.wait(self.running, timeout=2)
