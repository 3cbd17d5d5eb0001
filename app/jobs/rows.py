"""Reads and writes job rows: add, claim, renew, release, finish, find due jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import TextClause, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.core.columns import new_id
from app.core.sql import load_sql
from app.core.statements import load_statements
from app.jobs.kinds import JobKind, exclusive_name
from app.jobs.lifecycle import JOB
from app.jobs.models import JobRow
from app.jobs.retry import SUSPECT_CRASHES
from app.tracing.spans import current_traceparent

MOST_TRIES = 3
"""Claims that may fail because other workers were faster, before the next look."""
RESERVED = timedelta(seconds=60)
"""How long a suspect job waits for a worker whose other jobs have to end first."""
KEEP_ENDED = timedelta(days=7)

_SQL = load_statements("app.jobs", "jobs.sql")
ANY_SUSPECT = load_sql("app.jobs", "jobs.sql")["any_suspect"]
"""SQL: whether a job may have crashed its worker."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker holds until its lease runs out."""

    id: UUID
    kind: str
    subject_id: UUID
    tenant_id: UUID
    attempt: int
    """Claims since the last turn that ended without an error, this one included."""
    crashes: int
    """Workers that crashed with this job since the last turn that ended."""
    token: UUID
    traceparent: str | None = None
    """The span of a trace in which the job was created."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """A suspect job that this worker may claim once its other jobs have ended."""

    id: UUID
    token: UUID


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a worker is in the circle of tenants."""

    after: UUID
    """The tenant for which it claimed last."""
    full: list[UUID]
    """Tenants for which it runs as many jobs as it may."""


async def add_job(
    session: AsyncSession,
    kind: JobKind,
    subject_id: UUID,
    tenant_id: UUID,
    after: timedelta = timedelta(0),
) -> UUID:
    """Upsert the job: a queued one of its kind and subject is made due earlier.

    Tenants take turns (`claim_next`). Returns the id of the job that will do the work.
    """
    name = exclusive_name(kind, subject_id)
    job = JobRow(kind=kind, subject_id=subject_id, tenant_id=tenant_id, exclusive=name)
    values = job.model_dump(exclude={"lease_until", "lease_token"})
    # By the clock of the database: claims compare with it.
    values["run_after"] = func.now() + after
    values["traceparent"] = current_traceparent()
    statement = insert(JobRow).values(**values)
    queued = statement.on_conflict_do_update(
        index_elements=["kind", "subject_id"],
        index_where=text("state = 'queued'"),
        set_={
            "run_after": func.least(
                text("job.run_after"), statement.excluded.run_after
            ),
            "tenant_id": statement.excluded.tenant_id,
        },
    ).returning(col(JobRow.id))
    job_id: UUID = (await session.execute(queued)).scalar_one()
    return job_id


async def add_new_jobs(
    session: AsyncSession, kind: JobKind, subjects: Mapping[UUID, UUID]
) -> list[UUID]:
    """Insert a job per subject; the values are the tenants. No subject has one yet."""
    ids = [new_id() for _ in subjects]
    values = {
        "kind": kind,
        "ids": ids,
        "subjects": list(subjects),
        "tenants": list(subjects.values()),
        "names": [exclusive_name(kind, subject) for subject in subjects],
        "traceparent": current_traceparent(),
    }
    await session.execute(_SQL["add_new"], values)
    return ids


async def claim_next(
    session: AsyncSession, lease: timedelta, turn: Turn
) -> Claim | None:
    """Claim the due job whose turn it is. None: nothing may run now.

    Suspect jobs are left out (`reserve_suspect`).
    """
    values = {**asdict(turn), "suspect": SUSPECT_CRASHES}
    for _ in range(MOST_TRIES):
        job_id = await session.scalar(_SQL["next_job"], values)
        if job_id is None:
            return None
        claimed = await _claim(
            session, "claim", job_id, lease=lease, suspect=SUSPECT_CRASHES
        )
        if claimed:
            return claimed
    return None


async def reserve_suspect(session: AsyncSession) -> Reservation | None:
    """Reserve a due job that crashed its workers; it runs alone in this worker."""
    token = uuid4()
    values = {"token": token, "suspect": SUSPECT_CRASHES, "wait": RESERVED}
    job_id = await session.scalar(_SQL["reserve_suspect"], values)
    return Reservation(job_id, token) if job_id else None


async def claim_reserved(
    session: AsyncSession, reserved: Reservation, lease: timedelta
) -> Claim | None:
    """Claim a reserved job. None: another worker reserved or claimed it since."""
    return await _claim(
        session, "claim_reserved", reserved.id, lease=lease, reserved=reserved.token
    )


async def _claim(
    session: AsyncSession, name: str, job_id: UUID, **values: object
) -> Claim | None:
    """None: another worker was faster, with this job or one of its exclusive name."""
    if not await session.scalar(_SQL["try_exclusive"], {"id": job_id}):
        return None
    token = uuid4()
    found = await session.execute(_SQL[name], {"id": job_id, "token": token, **values})
    row = found.mappings().one_or_none()
    return Claim(id=job_id, token=token, **row) if row else None


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


async def requeue(
    session: AsyncSession, claimed: Claim, release: Release
) -> UUID | None:
    """Release the job; it is due again after the pause. None: the lease is lost.

    Returns the job that does the work then: a job of the same kind and subject that was
    queued meanwhile replaces this one.
    """
    values = {"id": claimed.id, "token": claimed.token, **asdict(release)}
    job_id: UUID | None = await session.scalar(_SQL["requeue"], values)
    return job_id


async def make_due(
    session: AsyncSession, kind: str, subject_ids: Sequence[UUID]
) -> list[UUID]:
    """Make queued jobs of these subjects due now; returns the jobs to wake."""
    values = {"kind": kind, "subjects": list(subject_ids)}
    return list((await session.execute(_SQL["make_due"], values)).scalars())


async def open_subjects(
    session: AsyncSession, kind: JobKind, subject_ids: Sequence[UUID]
) -> set[UUID]:
    """Those of these subjects for which a job of the kind is queued or runs."""
    values = {"kind": kind, "subjects": list(subject_ids)}
    return set((await session.execute(_SQL["open_subjects"], values)).scalars())


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
