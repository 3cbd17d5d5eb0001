"""Runs one job: claim, heartbeat, handler, end. Any step may be the last."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from app.database import AWAY, Database
from app.jobs import rows
from app.jobs.lease import Lease, LeaseLostError, Snooze, TryAgainError
from app.jobs.retry import heartbeat, pause_before

log = structlog.get_logger(__name__)

ASK_AGAIN = 0.5

Work = Callable[[Lease], Awaitable[Snooze | None]]
GiveUp = Callable[[Lease, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """What to do for a kind of job, and how to end its subject when it is dead."""

    work: Work
    give_up: GiveUp


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs of every kind it has a handler for."""

    database: Database
    handlers: Mapping[str, Handler]
    lease: timedelta

    async def run(self, job_id: UUID) -> None:
        """Run the job if it is due and free; never raises for what a job did."""
        claimed = await self._claim(job_id)
        if claimed is None:
            return
        lease = Lease(claimed, self.lease)
        with structlog.contextvars.bound_contextvars(
            job_id=str(job_id), kind=claimed.kind, subject_id=str(claimed.subject_id)
        ):
            await self._hold(lease)
        if claimed.exclusive:
            await self._wake_next(claimed.exclusive)

    async def _claim(self, job_id: UUID) -> rows.Claim | None:
        try:
            async with self.database.transaction() as tx:
                return await rows.claim(tx.session, job_id, self.lease)
        except IntegrityError:  # another job of the same `exclusive` was faster
            return None

    async def _hold(self, lease: Lease) -> None:
        """Work while a heartbeat renews the lease; the first to end stops the other."""
        work = asyncio.create_task(self._work(lease))
        beat = asyncio.create_task(self._beat(lease))
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                log.warning("job.lease_lost")
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work})
            await self._give_back(lease)
            raise
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _beat(self, lease: Lease) -> None:
        """Renew until the lease is lost; a database that is away is asked again."""
        while True:
            await asyncio.sleep(heartbeat(self.lease).total_seconds())
            try:
                async with self.database.transaction() as tx:
                    await lease.renew(tx.session)
            except LeaseLostError:
                return
            except AWAY:
                log.warning("job.heartbeat_failed")

    async def _work(self, lease: Lease) -> None:
        handler = self.handlers[lease.claim.kind]
        try:
            outcome = await handler.work(lease)
        except LeaseLostError:
            log.warning("job.fenced")
        except TryAgainError as error:
            log.info("job.again", pause_s=error.pause.total_seconds(), why=str(error))
            await self._requeue(lease, error.pause, str(error))
        except Exception as error:
            log.exception("job.failed", attempt=lease.claim.attempt)
            await self._after_failure(lease, handler, error)
        else:
            if isinstance(outcome, Snooze):
                await self._requeue(lease, outcome.pause, None)
            elif not lease.ended:
                await self._let_go(lease, partial(self._finish, lease))

    async def _after_failure(
        self, lease: Lease, handler: Handler, error: Exception
    ) -> None:
        text = f"{type(error).__name__}: {error}"[:500]
        pause = pause_before(lease.claim.attempt)
        if pause is None:
            await self._let_go(lease, partial(self._bury, lease, handler, text))
        else:
            await self._requeue(lease, pause, text, attempt=lease.claim.attempt)

    async def _let_go(self, lease: Lease, end: Callable[[], Awaitable[None]]) -> None:
        """End a turn; a database that is away is asked again while the lease lasts."""
        try:
            while True:
                try:
                    return await end()
                except AWAY as error:
                    log.warning("job.end_failed", error=type(error).__name__)
                await asyncio.sleep(ASK_AGAIN)
                lease.check()
        except LeaseLostError:
            log.warning("job.left_to_its_lease")  # the sweeper finds it

    async def _finish(self, lease: Lease) -> None:
        async with self.database.transaction() as tx:
            await lease.finish(tx.session)

    async def _bury(self, lease: Lease, handler: Handler, text: str) -> None:
        await handler.give_up(lease, text)
        if not lease.ended:
            async with self.database.transaction() as tx:
                await rows.finish(tx.session, lease.claim, state="dead", error=text)

    async def _requeue(
        self, lease: Lease, pause: timedelta, error: str | None, attempt: int = 0
    ) -> None:
        async def put_back() -> None:
            async with self.database.transaction() as tx:
                held = await rows.requeue(
                    tx.session, lease.claim, pause=pause, attempt=attempt, error=error
                )
            if held:
                await self.database.waker.wake([lease.claim.id], after=pause)

        await self._let_go(lease, put_back)

    async def _give_back(self, lease: Lease) -> None:
        """A stopping worker costs the job no wait and no attempt.

        Asks the row, not `lease.ended`: the commit that ends the job may be cut off.
        """
        await self._requeue(lease, timedelta(0), None, lease.claim.attempt - 1)

    async def _wake_next(self, exclusive: str) -> None:
        async with self.database.transaction() as tx:
            waiting = await rows.waiting_behind(tx.session, exclusive)
        if waiting:
            await self.database.waker.wake(waiting)
