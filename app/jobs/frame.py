"""The frame of a job: load its subject, work on it, end it when it cannot go on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, TypeVar

from app.core.failpoints import failpoint
from app.jobs.lease import Lease, Snooze

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Why a job is given up: a stable code and a message for its subject."""

    code: str
    message: str


REPEATED_ERROR = GiveUp(
    "internal_error", "The job failed repeatedly; the log has the error."
)
WORKER_CRASHED = GiveUp(
    "worker_crashed", "The worker process crashed each time it ran the job."
)


class Job(ABC, Generic[Loaded]):
    """What to do for the jobs of a kind.

    `name` is the prefix of its failpoints.
    """

    name: ClassVar[str]
    errors: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors of `work` that `after_error` handles; any other fails the turn."""

    async def run(self, lease: Lease) -> Snooze | None:
        """Do as much of the job as can be done now. None: it is done."""
        loaded = await self.load(lease)
        if isinstance(loaded, Snooze):
            return replace(loaded, idle=True)
        if loaded is None:
            return None
        failpoint(f"{self.name}.started")
        try:
            return await self.work(loaded)
        except self.errors as error:
            return await self.after_error(loaded, error)

    @abstractmethod
    async def load(self, lease: Lease) -> Loaded | Snooze | None:
        """Load what the work needs. Snooze: not yet. None: there is nothing to do."""

    @abstractmethod
    async def work(self, loaded: Loaded) -> Snooze | None:
        """Do the work. None: it is done."""

    async def after_error(self, loaded: Loaded, error: Exception) -> Snooze | None:
        """Wait after one of `errors`, or end the subject."""
        raise NotImplementedError(loaded) from error

    @abstractmethod
    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """End the subject of a job that is never run again."""
