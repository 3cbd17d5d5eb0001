"""Resolves submissions of runs that have ended: tasks that outlive their run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql
from app.core.statements import load_statements
from app.publications.context import Run, StoreAccess
from app.publications.enums import READ_BACK, Method, SubmissionState
from app.publications.results import readback, submissions
from app.publications.results.record import record_submission
from app.publications.results.resolve import (
    OPEN,
    is_due,
    mark_polled,
    may_be_processing,
    overdue,
    poll,
)
from app.publications.results.submissions import OpenSubmission, submission_of

_SQL = load_statements(__package__, "earlier.sql")
ANY_LATE = load_sql(__package__, "earlier.sql")["any_late"]
"""SQL: whether an open submission is due."""
FORGET_TASK = timedelta(hours=24)
"""After this time a task that has not ended is not polled any more."""


@dataclass(frozen=True, slots=True)
class EarlierSubmission:
    """An unsettled submission of a run that has ended."""

    submission: OpenSubmission
    store_id: UUID
    country: str


async def load_earlier(
    session: AsyncSession, account_id: UUID
) -> list[EarlierSubmission]:
    """Unsettled submissions of the account's ended runs."""
    rows = await session.execute(_SQL["load_earlier"], {"account": account_id})
    return [
        EarlierSubmission(submission_of(row), row.store_id, row.country) for row in rows
    ]


async def accounts_with_late_tasks(session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Accounts without an active run, of whose ended runs a submission is due."""
    statement = _SQL["accounts_with_late_tasks"]
    return (await session.execute(statement, {"limit": limit})).scalars().all()


async def has_active_run(session: AsyncSession, account_id: UUID) -> bool:
    """Whether a run of the account plans, sends or waits."""
    statement = _SQL["has_active_run"]
    return bool(await session.scalar(statement, {"account": account_id}))


async def stores_to_correct(
    session: AsyncSession, account_id: UUID, publication_id: UUID, seq: int
) -> Sequence[UUID]:
    """Stores in which accepted lines of a submission are not what is desired now."""
    values = {"account": account_id, "id": publication_id, "seq": seq}
    found = await session.execute(_SQL["stores_to_correct"], values)
    return found.scalars().all()


async def resolve_before_plan(run: Run, submission: OpenSubmission) -> None:
    """Resolve a submission of an earlier run before anything is sent again.

    Its task is polled first, if that is due. While the task is pending, the listings
    show once which lines took effect; the others can be planned again. The submission
    stays open: if the task ends later after all, the live state follows it, and the
    next run corrects what the task overwrote. Raises BackMarketError.
    """
    submission = await _polled(run, submission)
    if submission.state is SubmissionState.SETTLED:
        return
    may_still_end = await _may_still_end(run, submission)
    if may_still_end and submission.reason_code == READ_BACK:
        return
    await _read_listings(run, submission, settle=not may_still_end)


async def resolve_late(access: StoreAccess, submission: OpenSubmission) -> None:
    """Resolve a submission by its own schedule, without a run.

    The listings are read at the end only: a run reads them when it plans.
    Raises BackMarketError.
    """
    submission = await _polled(access, submission)
    if submission.state is SubmissionState.SETTLED:
        return
    if await _may_still_end(access, submission):
        if submission.state is not SubmissionState.SENT:
            await mark_polled(access, submission, SubmissionState.UNCERTAIN)
        return
    await _read_listings(access, submission, settle=True)


async def _polled(access: StoreAccess, submission: OpenSubmission) -> OpenSubmission:
    """The submission after its task was polled, if that is due."""
    if submission.state is SubmissionState.SENT and is_due(submission):
        return await poll(access, submission)
    return submission


async def _may_still_end(access: StoreAccess, submission: OpenSubmission) -> bool:
    """Whether a task may still change listings: it is polled, or its id was lost."""
    if submission.state is SubmissionState.SENT:
        return not overdue(submission, FORGET_TASK)
    batch = submission.method is Method.BATCH
    return batch and await may_be_processing(access, submission)


async def _read_listings(
    access: StoreAccess, submission: OpenSubmission, *, settle: bool
) -> None:
    lines = await submissions.load_submission_lines(access, submission, OPEN)
    seen = await readback.read_listings(access.tools.back_market, access.access, lines)
    accepted, _ = readback.split_by_effect(lines, seen)
    state = SubmissionState.SETTLED if settle else submission.state
    await record_submission(access, submission, accepted, state, reason_code=READ_BACK)
