"""The lease of a claimed job: renewed while it runs; once lost, nothing commits."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import rows
from app.jobs.fence import LeaseLostError
from app.jobs.retry import usable


@dataclass(frozen=True, slots=True)
class Snooze:
    """Returned by a handler whose job is not done: run it again after `pause`."""

    pause: timedelta
    idle: bool = False
    """Nothing was tried in this turn: earlier failures and crashes still count."""


@dataclass(slots=True)
class Lease:
    """A claimed job. Handlers call `check()` before each external effect."""

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
        """Extend the lease. Raises LeaseLostError."""
        started = time.monotonic()
        if not await rows.renew(session, self.claim, self.length):
            raise LeaseLostError
        self.renewed = started

    async def ensure_held(self, session: AsyncSession) -> None:
        """Fence a transaction: it commits only while the lease is held.

        Raises LeaseLostError.
        """
        await self.renew(session)

    async def finish(self, session: AsyncSession) -> None:
        """End the job in the same transaction as its last effect.

        Raises LeaseLostError.
        """
        if not await rows.finish(session, self.claim):
            raise LeaseLostError
        self.ended = True
