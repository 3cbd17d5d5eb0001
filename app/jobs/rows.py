"""Reads and writes job rows: add, claim, renew, release, finish, find due jobs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import TextClause, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.core.statements import load_statements
from app.jobs.kinds import JobKind, exclusive_name
from app.jobs.lifecycle import JOB
from app.jobs.models import JobRow
from app.jobs.retry import SUSPECT_CRASHES

SWEEP_LOCK = 0x7265666565640001
WAKE_AGAIN = timedelta(seconds=5)
SWEEP_LIMIT = 1000
KEEP_ENDED = timedelta(days=7)

_SQL = load_statements("app.jobs", "jobs.sql")


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker holds until its lease runs out."""

    id: UUID
    kind: str
    subject_id: UUID
    exclusive: str | None
    attempt: int
    """Claims since the last turn that ended without an error, this one included."""
    crashes: int
    """Workers that crashed with this job since the last turn that ended."""
    token: UUID


async def add_job(
    session: AsyncSession,
    kind: JobKind,
    subject_id: UUID,
    after: timedelta = timedelta(0),
) -> UUID:
    """Upsert the job: a queued one of its kind and subject is made due earlier.

    Returns the id of the job that will do the work.
    """
    name = exclusive_name(kind, subject_id)
    job = JobRow(kind=kind, subject_id=subject_id, exclusive=name)
    values = job.model_dump(exclude={"woken_at", "lease_until", "lease_token"})
    # By the clock of the database: claims compare with it.
    values["run_after"] = func.now() + after
    statement = insert(JobRow).values(**values)
    queued = statement.on_conflict_do_update(
        index_elements=["kind", "subject_id"],
        index_where=text("state = 'queued'"),
        set_={
            "run_after": func.least(
                text("job.run_after"), statement.excluded.run_after
            ),
            "woken_at": None,
        },
    ).returning(col(JobRow.id))
    job_id: UUID = (await session.execute(queued)).scalar_one()
    return job_id


async def claim(
    session: AsyncSession, job_id: UUID, lease: timedelta, *, alone: bool = False
) -> Claim | None:
    """Claim a due job, or one whose lease ran out. None: it is not free.

    `alone`: the worker runs no other job meanwhile; a suspect job needs that.
    """
    if not await session.scalar(_SQL["try_exclusive"], {"id": job_id}):
        return None
    token = uuid4()
    row = (
        await session.execute(
            _SQL["claim"],
            {
                "id": job_id,
                "token": token,
                "lease": lease,
                "alone": alone,
                "suspect": SUSPECT_CRASHES,
            },
        )
    ).one_or_none()
    if row is None:
        return None
    return Claim(
        id=job_id,
        kind=row.kind,
        subject_id=row.subject_id,
        exclusive=row.exclusive,
        attempt=row.attempt,
        crashes=row.crashes,
        token=token,
    )


async def is_suspect(session: AsyncSession, job_id: UUID) -> bool:
    """Whether the job is due, and had so many crashes that it must run alone."""
    values = {"id": job_id, "suspect": SUSPECT_CRASHES}
    return bool(await session.scalar(_SQL["is_suspect"], values))


async def _update_held(
    session: AsyncSession, statement: TextClause, claimed: Claim, **values: object
) -> bool:
    result = await session.execute(
        statement, {"id": claimed.id, "token": claimed.token, **values}
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


async def renew(session: AsyncSession, claimed: Claim, lease: timedelta) -> bool:
    """Extend the lease. False: it is lost, the caller must stop at once."""
    return await _update_held(session, _SQL["renew"], claimed, lease=lease)


async def finish(
    session: AsyncSession,
    claimed: Claim,
    *,
    state: str = "done",
    error: str | None = None,
) -> bool:
    """End the job. False: the lease is lost, the caller must roll back."""
    ended = JOB.advance("running", state)
    return await _update_held(
        session, _SQL["finish"], claimed, state=ended, error=error
    )


@dataclass(frozen=True, slots=True)
class Release:
    """How a job goes back to the queue: when it is due, and the counts it keeps."""

    pause: timedelta
    attempt: int = 0
    crashes: int = 0
    error: str | None = None


async def requeue(session: AsyncSession, claimed: Claim, release: Release) -> bool:
    """Release the job; it is due again after the pause. False: the lease is lost.

    If a job of the same kind and subject is queued, that one replaces this one.
    """
    twin = await session.scalar(
        _SQL["queued_twin"], {"kind": claimed.kind, "subject": claimed.subject_id}
    )
    if twin:
        return await finish(session, claimed)
    return await _update_held(session, _SQL["requeue"], claimed, **asdict(release))


async def due_jobs(session: AsyncSession) -> list[UUID]:
    """Due jobs that were not woken recently. One sweeper at a time."""
    alone = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SWEEP_LOCK}
    )
    if not alone:
        return []
    values = {"again": WAKE_AGAIN, "limit": SWEEP_LIMIT}
    return list((await session.execute(_SQL["due"], values)).scalars())


async def waiting_behind(session: AsyncSession, exclusive: str) -> list[UUID]:
    """The next due job that waits for this exclusive name, if any."""
    rows = await session.execute(_SQL["waiting_behind"], {"name": exclusive})
    return list(rows.scalars())


async def make_due(
    session: AsyncSession, kind: str, subject_ids: Sequence[UUID]
) -> list[UUID]:
    """Make queued jobs of these subjects due now; returns the jobs to wake."""
    values = {"kind": kind, "subjects": list(subject_ids)}
    return list((await session.execute(_SQL["make_due"], values)).scalars())


async def delete_queued(session: AsyncSession, subject_ids: Sequence[UUID]) -> None:
    """Delete the jobs of these subjects that do not run."""
    values = {"subjects": list(subject_ids)}
    await session.execute(_SQL["delete_queued"], values)


async def any_running(
    session: AsyncSession, subject_ids: Sequence[UUID], but: JobKind
) -> bool:
    """Whether a job of one of these subjects runs, of any other kind than `but`."""
    values = {"subjects": list(subject_ids), "but": but}
    return bool(await session.scalar(_SQL["any_running"], values))


async def delete_ended(session: AsyncSession) -> None:
    """Delete jobs that ended more than `KEEP_ENDED` ago."""
    await session.execute(_SQL["delete_ended"], {"keep": KEEP_ENDED})
