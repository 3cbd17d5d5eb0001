"""Runs one job: claim, heartbeat, work, release or end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError

from app.core.logs import without_secrets
from app.database import AWAY, Database, is_busy
from app.jobs import rows
from app.jobs.fence import LeaseLostError
from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import (
    GIVE_UP,
    JOB,
    MAX_ATTEMPTS,
    REPEATED_ERROR,
    GiveUp,
    ends_after,
    failed_give_ups,
    given_up,
    heartbeat,
)
from app.metrics.recording import FAILURES, RECORDER
from app.tracing.spans import TRACING, failed

log = structlog.get_logger(__name__)

END_RETRY_PAUSE = 0.5
BUSY_PAUSE = timedelta(seconds=2)
"""Before a job runs again that waited too long for a lock of another one."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs by the `Job` of their kind."""

    database: Database
    jobs: Mapping[str, Job[Any]]
    lease: timedelta

    async def claim_next(self, turn: rows.Turn) -> rows.Claim | None:
        """Claim the due job whose turn it is. None: nothing may run now."""
        try:
            async with self.database.transaction() as tx:
                return await rows.claim_next(tx.session, self.lease, turn)
        except IntegrityError:  # another job of the same `exclusive` was faster
            return None

    async def claim_reserved(self, reserved: rows.Reservation) -> rows.Claim | None:
        """Claim a suspect job; the worker runs no other one now."""
        async with self.database.transaction() as tx:
            return await rows.claim_reserved(tx.session, reserved, self.lease)

    async def work(self, claimed: rows.Claim) -> None:
        """Run a claimed job; never raises for an error of its work.

        A job whose worker crashed too often is given up and not run again.
        """
        with structlog.contextvars.bound_contextvars(
            job_id=str(claimed.id),
            kind=claimed.kind,
            subject_id=str(claimed.subject_id),
        ):
            await self._work_with_heartbeat(Lease(claimed, self.lease))

    async def _work_with_heartbeat(self, lease: Lease) -> None:
        """Work while a heartbeat renews the lease; the first to end stops the other."""
        work = asyncio.create_task(self._attempt(lease))
        beat = asyncio.create_task(self._send_heartbeats(lease))
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            if lease.ended:  # released by us: only workers are still to be woken
                await asyncio.wait({work})
            if not work.done():
                log.warning("job.lease_lost")
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait({work})
            await self._return_to_queue(lease)
            raise
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _send_heartbeats(self, lease: Lease) -> None:
        """Renew until the lease is lost; retry while the database is unreachable."""
        while True:
            await asyncio.sleep(heartbeat(self.lease).total_seconds())
            try:
                async with self.database.transaction() as tx:
                    await lease.renew(tx.session)
            except LeaseLostError:
                return
            except AWAY:
                log.warning("job.heartbeat_failed")

    async def _attempt(self, lease: Lease) -> None:
        started, outcome, claim = time.perf_counter(), "stopped", lease.claim
        try:
            with TRACING.job(claim.kind, claim.traceparent, claim.attempt) as span:
                outcome = await self._run(lease)
                if outcome in FAILURES:
                    failed(span, outcome)
        finally:
            RECORDER.job(claim.kind, outcome, time.perf_counter() - started)

    async def _run(self, lease: Lease) -> str:
        """Run the job and end or release it. Returns its outcome, for metrics."""
        job, claim = self.jobs[lease.claim.kind], lease.claim
        reason = given_up(claim.attempt, claim.crashes)
        if reason:
            log.error("job.given_up", code=reason.code, crashes=claim.crashes)
            return await self._give_up(lease, job, reason, str(reason.message))
        try:
            outcome = await job.run(lease)
        except LeaseLostError:
            log.warning("job.fenced")
            return "fenced"
        except Exception as error:
            if is_busy(error):
                log.info("job.busy", error=type(error).__name__)
                await self._release(lease, _without_attempt(claim, BUSY_PAUSE))
                return "busy"
            log.exception("job.failed", attempt=claim.attempt)
            return await self._after_failure(lease, job, error)
        if outcome:
            await self._release(lease, _release_of(claim, outcome))
            return "released"
        if not lease.ended:
            await self._end(lease, partial(self._finish, lease))
        return "done"

    async def _after_failure(
        self, lease: Lease, job: Job[Any], error: Exception
    ) -> str:
        attempt, crashes = lease.claim.attempt, lease.claim.crashes
        text = _text_of(error)
        if ends_after(attempt, error):
            return await self._give_up(lease, job, REPEATED_ERROR, text)
        again = rows.Release(JOB.pause(attempt), attempt, crashes, text)
        await self._release(lease, again)
        return "failed"

    async def _give_up(
        self, lease: Lease, job: Job[Any], reason: GiveUp, error: str
    ) -> str:
        """End the subject, then the job. If that fails, try again a few times."""
        failed = failed_give_ups(lease.claim.attempt, lease.claim.crashes)
        try:
            if not GIVE_UP.gives_up(failed):
                await job.give_up(lease, reason)
        except LeaseLostError:
            log.warning("job.fenced")
            return "fenced"
        except Exception as raised:
            failed += 1
            error = _text_of(raised)
            log.exception(
                "job.give_up_failed", error=type(raised).__name__, tries=failed
            )
            if not GIVE_UP.gives_up(failed):
                await self._release(lease, _give_up_again(lease.claim, failed, error))
                return "failed"
        left = GIVE_UP.gives_up(failed)
        if left:
            log.error("job.subject_left", code=reason.code)
        if not lease.ended:
            await self._end(lease, partial(self._end_given_up, lease, error))
        return "subject_left" if left else "given_up"

    async def _end(self, lease: Lease, end: Callable[[], Awaitable[None]]) -> None:
        """Write how the execution ended; retry while the lease lasts."""
        try:
            while True:
                try:
                    return await end()
                except AWAY as error:
                    log.warning("job.end_failed", error=type(error).__name__)
                await asyncio.sleep(END_RETRY_PAUSE)
                lease.check()
        except LeaseLostError:
            log.warning("job.end_not_written")  # the sweeper finds it

    async def _finish(self, lease: Lease) -> None:
        async with self.database.transaction() as tx:
            await lease.finish(tx.session)

    async def _end_given_up(self, lease: Lease, error: str) -> None:
        async with self.database.transaction() as tx:
            await rows.finish(tx.session, lease.claim, state="dead", error=error)

    async def _release(self, lease: Lease, release: rows.Release) -> None:
        async def requeue() -> None:
            async with self.database.transaction() as tx:
                queued = await rows.requeue(tx.session, lease.claim, release)
                lease.ended = lease.ended or queued is not None
            if queued:
                await self.database.waker.wake(after=release.pause)

        await self._end(lease, requeue)

    async def _return_to_queue(self, lease: Lease) -> None:
        """Release the job of a stopping worker: no pause, and no attempt is counted.

        The update decides, not `lease.ended`: the commit that ends the job may have
        been interrupted.
        """
        await self._release(lease, _without_attempt(lease.claim, timedelta(0)))


def _release_of(claim: rows.Claim, outcome: Snooze) -> rows.Release:
    """A successful execution resets the counts of failures and crashes."""
    if outcome.idle:
        return _without_attempt(claim, outcome.pause)
    return rows.Release(outcome.pause)


def _without_attempt(claim: rows.Claim, pause: timedelta) -> rows.Release:
    return rows.Release(pause, claim.attempt - 1, claim.crashes)


def _give_up_again(claim: rows.Claim, failed: int, error: str) -> rows.Release:
    """The attempts beyond the last one of the job count the tries to give it up."""
    attempt = MAX_ATTEMPTS + failed - 1
    return rows.Release(GIVE_UP.pause(failed), attempt, claim.crashes, error)


def _text_of(error: Exception) -> str:
    return without_secrets(f"{type(error).__name__}: {error}")[:500]
