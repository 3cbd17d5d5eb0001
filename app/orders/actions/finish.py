"""Ends an action: by the results of its submissions, or after an error."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.accounts.account_client import AccountServices
from app.backmarket.client import Access
from app.core.failpoints import failpoint
from app.jobs.lease import Lease
from app.jobs.retry import GiveUp
from app.orders.actions import submissions
from app.orders.actions.submissions import ActionSubmission

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ActionRun:
    """One execution of an action job."""

    services: AccountServices
    lease: Lease
    action_id: UUID
    account_id: UUID
    number: int
    """Back Market's order id."""
    access: Access
    token_digest: str


async def open_submissions(run: ActionRun) -> list[ActionSubmission]:
    """Submissions without a result, in their order."""
    async with run.services.database.transaction() as tx:
        return await submissions.open_submissions(tx.session, run.action_id)


async def finish(run: ActionRun) -> None:
    """End an action whose submissions all have a result."""
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        state = await submissions.end(tx.session, run.action_id)
        failpoint("action.before_finish")
        await run.lease.finish(tx.session)
    # After the commit: an orphaned file is harmless, a missing one is not.
    await asyncio.to_thread(run.services.storage.remove_store, run.action_id)
    log.info("action.ended", state=state)


async def refuse_pending(run: ActionRun, reason: GiveUp) -> bool:
    """Refuse what was certainly not sent; end the action if none is open.

    False: a submission was sent and its result is unknown.
    """
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await submissions.refuse_pending(
            tx.session, run.action_id, reason.code, reason.message
        )
    if await open_submissions(run):
        return False
    await finish(run)
    return True
