"""Runs one publication: start, plan, send, record results, finish.

Each step commits what it did, so any worker can continue after a crash. States:
`requested` -> `planning` -> `sending` (or `waiting`) -> `finished`, `failed` or
`cancelled`.
"""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from app.accounts.account_job import AccountJob
from app.core.columns import utc_now
from app.database import Transaction
from app.jobs import retry
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp, TryAgain
from app.publications.context import Run
from app.publications.enums import PublicationState, SubmissionState
from app.publications.execution import finish, make_plan, send, start
from app.publications.lifecycle import OVER, PUBLICATION
from app.publications.listing_imports import ListingsNotImportedError
from app.publications.models import Publication
from app.publications.results import resolve, submissions, verify
from app.publications.results.submissions import OpenSubmission

ACCOUNT_BUSY = timedelta(seconds=2)


class PublishJob(AccountJob[Run, Publication]):
    """Does as much of a publication as can be done now."""

    name = "publish"
    backoff = retry.PUBLICATION
    lifecycle = PUBLICATION
    row_type = Publication

    async def load(self, lease: Lease) -> Run | Snooze | None:
        try:
            return await start.start(self.services, lease)
        except IntegrityError:  # another run of the account started first
            return Snooze(ACCOUNT_BUSY)
        except ListingsNotImportedError as error:
            await self.fail(lease, GiveUp(error.code, error.message))
            return None

    async def work(self, _lease: Lease, loaded: Run) -> Snooze | None:
        planning = loaded.state is PublicationState.PLANNING
        if planning and not await make_plan.make_plan(loaded):
            return None
        if not await send.send_pending(loaded):
            await finish.cancel_inactive(loaded)
            return None
        await resolve.record_open_results(loaded)
        return await _finish_or_wait(loaded)

    def record_wait(self, row: Publication, reason: TryAgain) -> None:
        """A run without a plan stays in `planning`."""
        if row.planned_at:
            self.lifecycle.move(row, PublicationState.WAITING)
        row.reason_code, row.reason = reason.code, reason.message

    async def record_failure(
        self, tx: Transaction, row: Publication, reason: GiveUp
    ) -> None:
        if row.state not in OVER:
            await finish.end_early(tx, row, PublicationState.FAILED, reason)


async def _finish_or_wait(run: Run) -> Snooze | None:
    unsettled = await submissions.load_unsettled(run)
    if any(each.state is SubmissionState.PENDING for each in unsettled):
        return Snooze(timedelta(0))
    deadline = run.tools.settings.task_deadline
    waiting = [each for each in unsettled if not resolve.overdue(each, deadline)]
    if not waiting:
        await verify.verify_listings(run)
        await finish.finish(run)
        return None
    return Snooze(min(_pause_before(each) for each in waiting))


def _pause_before(submission: OpenSubmission) -> timedelta:
    """How long until something can be learned of a submission."""
    if submission.poll_at is None:
        return timedelta(0)
    return max(submission.poll_at - utc_now(), timedelta(0))
