"""The right to work on a job: held while it is renewed, fenced once it is lost."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import rows
from app.jobs.retry import usable


class LeaseLostError(Exception):
    """Another worker may hold this job now; nothing more may be done for it."""


class TryAgainError(Exception):
    """The job cannot go on now; run it again after `pause`."""

    def __init__(self, pause: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Snooze:
    """What a handler returns that is not done: run me again after `pause`."""

    pause: timedelta


@dataclass(slots=True)
class Lease:
    """A claimed job. Handlers ask `check()` before each effect outside."""

    claim: rows.Claim
    length: timedelta
    renewed: float = field(default_factory=time.monotonic)
    ended: bool = False

    @property
    def subject_id(self) -> UUID:
        return self.claim.subject_id

    def check(self) -> None:
        """Raise LeaseLostError unless this worker may still act."""
        if time.monotonic() - self.renewed > usable(self.length).total_seconds():
            raise LeaseLostError

    async def renew(self, session: AsyncSession) -> None:
        """Hold the job for another lease. Raises LeaseLostError when it is gone."""
        asked = time.monotonic()
        if not await rows.renew(session, self.claim, self.length):
            raise LeaseLostError
        self.renewed = asked

    async def ensure_held(self, session: AsyncSession) -> None:
        """Fence a transaction: it commits only while the lease is held."""
        await self.renew(session)

    async def finish(self, session: AsyncSession) -> None:
        """End the job in the same transaction as its last effect."""
        if not await rows.finish(session, self.claim):
            raise LeaseLostError
        self.ended = True
