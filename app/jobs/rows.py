"""The SQL of job rows: add, claim, renew, end, and find what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import TextClause, func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.jobs.models import JobRow

SWEEP_LOCK = 0x7265666565640001
WAKE_AGAIN = timedelta(seconds=5)
SWEEP_LIMIT = 1000
ENDED_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker holds until its lease runs out."""

    id: UUID
    kind: str
    subject_id: UUID
    exclusive: str | None
    attempt: int
    token: UUID


@dataclass(frozen=True, slots=True)
class Due:
    """A job that somebody should run now; `attempt` makes its wake-up unique."""

    id: UUID
    attempt: int


async def add_job(
    session: AsyncSession, job: JobRow, after: timedelta = timedelta(0)
) -> UUID:
    """Insert the job; one of its kind and subject that is queued is hurried instead.

    Returns the id of the job that will do it.
    """
    values = job.model_dump(exclude={"woken_at", "lease_until", "lease_token"})
    # run_after by the database's clock, which is the one that claims compare with
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


CLAIM = text(
    """
    UPDATE job SET state = 'running', attempt = attempt + 1, lease_token = :token,
           lease_until = now() + :lease, woken_at = NULL
     WHERE id = :id
       AND ((state = 'queued' AND run_after <= now())
            OR (state = 'running' AND lease_until < now()))
       AND (exclusive IS NULL OR NOT EXISTS (
            SELECT 1 FROM job AS other
             WHERE other.exclusive = job.exclusive AND other.state = 'running'
               AND other.id <> job.id))
    RETURNING kind, subject_id, exclusive, attempt
    """
)


async def claim(session: AsyncSession, job_id: UUID, lease: timedelta) -> Claim | None:
    """Take a due job, or one whose worker fell silent. None: somebody else has it.

    Raises IntegrityError when another job with the same `exclusive` was faster.
    """
    token = uuid4()
    row = (
        await session.execute(CLAIM, {"id": job_id, "token": token, "lease": lease})
    ).one_or_none()
    if row is None:
        return None
    return Claim(job_id, row.kind, row.subject_id, row.exclusive, row.attempt, token)


_HELD = "WHERE id = :id AND lease_token = :token AND state = 'running'"

RENEW = text(f"UPDATE job SET lease_until = now() + :lease {_HELD}")  # noqa: S608 - constants
FINISH = text(
    "UPDATE job SET state = :state, done_at = now(), lease_until = NULL, "  # noqa: S608 - constants
    f"last_error = :error {_HELD}"
)
REQUEUE = text(
    "UPDATE job SET state = 'queued', run_after = now() + :pause, attempt = :attempt, "  # noqa: S608 - constants
    "lease_until = NULL, lease_token = NULL, woken_at = NULL, "
    f"last_error = coalesce(:error, last_error) {_HELD}"
)


async def _held(
    session: AsyncSession, statement: TextClause, claimed: Claim, **values: object
) -> bool:
    result = await session.execute(
        statement, {"id": claimed.id, "token": claimed.token, **values}
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


async def renew(session: AsyncSession, claimed: Claim, lease: timedelta) -> bool:
    """Keep the job. False: the lease is lost, stop at once."""
    return await _held(session, RENEW, claimed, lease=lease)


async def finish(
    session: AsyncSession,
    claimed: Claim,
    *,
    state: str = "done",
    error: str | None = None,
) -> bool:
    """End the job. False: fenced off, the caller must roll back."""
    return await _held(session, FINISH, claimed, state=state, error=error)


async def requeue(
    session: AsyncSession,
    claimed: Claim,
    *,
    pause: timedelta,
    attempt: int,
    error: str | None = None,
) -> bool:
    """Give the job back, to be run again after a pause.

    When the same subject is queued already, that job stands in for this one.
    """
    twin = await session.scalar(
        text(
            "SELECT id FROM job WHERE kind = :kind AND subject_id = :subject "
            "AND state = 'queued' FOR UPDATE"
        ),
        {"kind": claimed.kind, "subject": claimed.subject_id},
    )
    if twin:
        return await finish(session, claimed)
    return await _held(
        session, REQUEUE, claimed, pause=pause, attempt=attempt, error=error
    )


DUE = text(
    """
    UPDATE job SET woken_at = now()
     WHERE id IN (
        SELECT id FROM job
         WHERE ((state = 'queued' AND run_after <= now())
                OR (state = 'running' AND lease_until < now()))
           AND (woken_at IS NULL OR woken_at < now() - :again)
         ORDER BY run_after LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id, attempt
    """
)


async def due_jobs(session: AsyncSession) -> list[Due]:
    """Jobs that should run and were not woken lately. One sweeper at a time."""
    alone = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SWEEP_LOCK}
    )
    if not alone:
        return []
    rows = await session.execute(DUE, {"again": WAKE_AGAIN, "limit": SWEEP_LIMIT})
    return [Due(row.id, row.attempt) for row in rows]


async def waiting_behind(session: AsyncSession, exclusive: str) -> list[UUID]:
    """Queued jobs that wait for the same exclusive name."""
    rows = await session.execute(
        text(
            "SELECT id FROM job WHERE exclusive = :name AND state = 'queued' "
            "AND run_after <= now() ORDER BY id LIMIT 1"
        ),
        {"name": exclusive},
    )
    return list(rows.scalars())


async def hurry(
    session: AsyncSession, kind: str, subject_ids: Sequence[UUID]
) -> list[UUID]:
    """Make queued jobs of these subjects due now; returns the jobs to wake."""
    rows = await session.execute(
        text(
            "UPDATE job SET run_after = least(run_after, now()), woken_at = NULL "
            "WHERE kind = :kind AND state = 'queued' AND subject_id = ANY(:subjects) "
            "RETURNING id"
        ),
        {"kind": kind, "subjects": list(subject_ids)},
    )
    return list(rows.scalars())


async def delete_ended(session: AsyncSession) -> None:
    """Delete jobs that ended more than `ENDED_KEPT` ago."""
    await session.execute(
        text(
            "DELETE FROM job WHERE state IN ('done', 'dead') "
            "AND done_at < now() - :keep"
        ),
        {"keep": ENDED_KEPT},
    )
