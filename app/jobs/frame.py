"""The frame of a job: load its subject, work on it, wait after an error or end it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.failpoints import failpoint
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import Decision, GiveUp, TryAgain

log = structlog.get_logger(__name__)

_LONGEST_REASON = 300

Loaded = TypeVar("Loaded")


class Job(ABC, Generic[Loaded]):
    """What to do for the jobs of a kind. An error of `work` fails the execution.

    `name` is the prefix of its failpoints.
    """

    name: ClassVar[str]

    async def run(self, lease: Lease) -> Snooze | None:
        """Do as much of the job as can be done now. None: it is done."""
        loaded = await self.load(lease)
        if isinstance(loaded, Snooze):
            return replace(loaded, idle=True)
        if loaded is None:
            return None
        failpoint(f"{self.name}.started")
        return await self.attempt(lease, loaded)

    @abstractmethod
    async def load(self, lease: Lease) -> Loaded | Snooze | None:
        """Load what the work needs. Snooze: not yet. None: there is nothing to do."""

    async def attempt(self, lease: Lease, loaded: Loaded) -> Snooze | None:
        return await self.work(lease, loaded)

    @abstractmethod
    async def work(self, lease: Lease, loaded: Loaded) -> Snooze | None:
        """Do the work. None: it is done."""

    @abstractmethod
    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """End the subject of a job that is never run again; the runner ends the job.

        If it raises an error, the runner calls it again as `retry.GIVE_UP` says. After
        the last try the job is dead, its subject keeps its state, and the log has
        `job.subject_left` with the kind, the job and the subject.
        """


class CountsFailures(Protocol):
    """The row of a subject that counts its failures in a row."""

    failures: int


Row = TypeVar("Row", bound=CountsFailures)


Transaction = Any
"""`app.database.Transaction`: that package is above this one."""


class Transactions(Protocol):
    """The part of `app.database.Database` that is used."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...


class RetryingJob(Job[Loaded], Generic[Loaded, Row]):
    """A job whose subject waits after transient errors, and ends at others.

    A kind supplies the decision, which is pure, and the updates of its row.
    """

    errors: ClassVar[tuple[type[Exception], ...]]
    """Errors of `work` that `decide` knows; any other fails the execution."""
    rescheduled: ClassVar[bool] = False
    """Whether the subject's own schedule requests the next try: then the job ends."""

    def __init__(self, database: Transactions) -> None:
        self.database = database

    @abstractmethod
    def decide(self, loaded: Loaded, error: Exception, failures: int) -> Decision:
        """What follows the n-th failure in a row. Pure."""

    @abstractmethod
    async def lock(
        self, session: AsyncSession, lease: Lease, loaded: Loaded | None
    ) -> Row | None:
        """The row of the subject, locked. None: nothing is left to record."""

    @abstractmethod
    def record_wait(self, row: Row, reason: TryAgain) -> None:
        """Record that the subject waits, and why."""

    @abstractmethod
    async def record_failure(self, tx: Transaction, row: Row, reason: GiveUp) -> None:
        """End the subject, unless it has ended."""

    async def attempt(self, lease: Lease, loaded: Loaded) -> Snooze | None:
        try:
            return await self.work(lease, loaded)
        except self.errors as error:
            named = ("request", "code", "status")
            log.warning(
                "job.request_failed",
                error=type(error).__name__,
                reason=str(error)[:_LONGEST_REASON],
                **{name: getattr(error, name, None) for name in named},
            )
            return await self.after_error(lease, loaded, error)

    async def after_error(
        self, lease: Lease, loaded: Loaded, error: Exception
    ) -> Snooze | None:
        """Wait and try again, or end the subject; None: the job has ended."""
        return await self._apply(
            lease, loaded, lambda row: self.decide(loaded, error, row.failures + 1)
        )

    async def wait(
        self, lease: Lease, loaded: Loaded, reason: TryAgain
    ) -> Snooze | None:
        """Record why the subject waits, and run again after the pause."""
        return await self._apply(lease, loaded, lambda _row: reason)

    async def fail(self, lease: Lease, reason: GiveUp) -> None:
        """End the subject as failed, and its job."""
        await self._apply(lease, None, lambda _row: reason)

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        async with self.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            row = await self.lock(tx.session, lease, None)
            if row is not None:
                await self.record_failure(tx, row, reason)

    async def _apply(
        self, lease: Lease, loaded: Loaded | None, decide: Callable[[Row], Decision]
    ) -> Snooze | None:
        """Decide and record in one transaction; it ends the job unless it waits."""
        async with self.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            row = await self.lock(tx.session, lease, loaded)
            waits = row is not None and await self._record(tx, row, decide(row))
            if not waits:
                await lease.finish(tx.session)
        return waits or None

    async def _record(
        self, tx: Transaction, row: Row, decision: Decision
    ) -> Snooze | None:
        if isinstance(decision, GiveUp):
            await self.record_failure(tx, row, decision)
            return None
        row.failures += decision.counts
        self.record_wait(row, decision)
        return None if self.rescheduled else Snooze(decision.pause)
