"""Records that the plan of a publication is complete."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.publications.enums import PublicationState
from app.publications.lifecycle import PUBLICATION
from app.publications.models import Publication
from app.publications.planning.plan import PlanSummary


async def complete_plan(
    session: AsyncSession, publication_id: UUID, summary: PlanSummary
) -> None:
    """Record that the plan is complete, with its digest and totals."""
    publication = await session.get_one(Publication, publication_id)
    PUBLICATION.move(publication, PublicationState.SENDING)
    publication.planned_at = utc_now()
    publication.plan_hash = summary.digest
    totals: dict[str, Any] = {
        "planned": summary.counts,
        "to_send": summary.to_send,
        "deferred": summary.deferred,
        "in_flight": summary.in_flight,
    }
    publication.totals = totals
