"""Records the results of changes, and moves the live state per offer and field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.sql import load_sql
from app.jobs.retry import OFFER
from app.offers.locks import lock_offers
from app.offers.refusals import REFUSALS
from app.offers.sales import CLOCK_SKEW, lower_accepted
from app.publications.context import StoreAccess
from app.publications.enums import Outcome, SubmissionState
from app.publications.error_classes import (
    CLASS_OF_CODE,
    JITTER,
    NOT_ABOUT_THE_ROW,
    error_class_of,
)
from app.publications.results import submissions
from app.publications.results.submissions import OpenSubmission
from app.publications.results.totals import recount


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The outcome of one change, and what Back Market returned for its listing."""

    seq: int
    outcome: Outcome
    code: str | None = None
    message: str | None = None
    listing_id: str | None = None
    backmarket_id: int | None = None
    publication_state: int | None = None
    max_price: Decimal | None = None
    live_sku: str | None = None
    """The listing's own spelling; None: that of a creation, else as it was."""


_SQL = load_sql(
    __package__,
    "record.sql",
    {"clear_error": REFUSALS["clear_error"], "set_error": REFUSALS["set_error"]},
)
_RETRY = {"pauses": [p.total_seconds() for p in OFFER.pauses], "jitter": JITTER}


async def record_results(
    session: AsyncSession,
    publication_id: UUID,
    store_id: UUID,
    siblings: Sequence[UUID],
    results: Sequence[ChangeResult],
) -> None:
    """Record results of a publication's changes. Idempotent."""
    if not results:
        return
    await lock_offers(session, [store_id, *siblings])
    columns: dict[str, Any] = {
        "seq": [each.seq for each in results],
        "outcome": [str(each.outcome) for each in results],
        "code": [each.code for each in results],
        "message": [each.message for each in results],
        "listing": [each.listing_id for each in results],
        "product": [each.backmarket_id for each in results],
        "publication_state": [each.publication_state for each in results],
        "class": [str(error_class_of(each.code, each.message)) for each in results],
        "about_row": [each.code not in NOT_ABOUT_THE_ROW for each in results],
        "max_price": [each.max_price for each in results],
        "live_sku": [each.live_sku for each in results],
    }
    sold = await session.execute(
        text(_SQL["record_results"]),
        {
            "publication": publication_id,
            "store": store_id,
            "siblings": list(siblings),
            "longest_before": CLOCK_SKEW + timedelta(seconds=1),
            **columns,
            **_RETRY,
        },
    )
    await lower_accepted(session, [store_id, *siblings], list(sold.scalars()))


async def close_planned(
    session: AsyncSession,
    publication_id: UUID,
    outcome: Outcome,
    code: str,
    *,
    submission: int | None = None,
) -> None:
    """Give all planned changes (of one submission, or all) the same outcome."""
    await session.execute(
        text(_SQL["close_planned"]),
        {
            "id": publication_id,
            "outcome": str(outcome),
            "code": code,
            "submission": submission,
        },
    )


async def record_plan_refusals(
    session: AsyncSession, publication_id: UUID, store_id: UUID
) -> None:
    """Mark the offers of changes that the plan itself rejected as in error."""
    await session.execute(
        text(_SQL["record_plan_refusals"]),
        {
            "publication": publication_id,
            "store": store_id,
            "codes": list(CLASS_OF_CODE),
            "classes": [str(kind) for kind in CLASS_OF_CODE.values()],
            **_RETRY,
        },
    )


async def record_plan_holds(
    session: AsyncSession, publication_id: UUID, store_id: UUID
) -> None:
    """Record the code with which the plan holds a change of an offer."""
    values = {"publication": publication_id, "store": store_id}
    await session.execute(text(_SQL["record_plan_holds"]), values)


async def record_submission(
    run: StoreAccess,
    submission: OpenSubmission,
    results: Sequence[ChangeResult],
    state: SubmissionState = SubmissionState.SETTLED,
    **columns: object,
) -> None:
    """Record the results of a submission and its state, for the run's store."""
    if state is SubmissionState.SETTLED:
        columns["settled_at"] = utc_now()
    async with run.tools.database.transaction() as tx:
        await run.fence(tx.session)
        await submissions.set_state(tx.session, submission, state, **columns)
        await record_results(
            tx.session, submission.publication_id, run.store_id, run.siblings, results
        )
        await submissions.reset_failures(tx.session, run.active_run)
        if submission.publication_id != run.active_run:
            await recount(tx.session, submission.publication_id)
        if state is SubmissionState.SETTLED:
            await run.settled(tx, submission.publication_id, submission.seq)
