"""Counts the changes of a publication for its report."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.enums import Outcome
from app.publications.models import Publication


async def recount(session: AsyncSession, publication_id: UUID) -> None:
    """Update the totals of a run whose changes were recorded after its end."""
    publication = await session.get_one(Publication, publication_id)
    publication.totals = await current_totals(session, publication)


async def current_totals(
    session: AsyncSession, publication: Publication
) -> dict[str, Any]:
    """The totals of the plan, with counts by reason and outcome."""
    rows = (
        await session.execute(
            text(
                "SELECT reason, outcome, count(*) AS n, "
                "count(confirmed_at) AS confirmed FROM change "
                "WHERE publication_id = :id GROUP BY 1, 2"
            ),
            {"id": publication.id},
        )
    ).all()
    totals: dict[str, Any] = dict(publication.totals)
    counted = sum(row.n for row in rows if row.outcome == Outcome.DEFERRED)
    totals["unlisted"] = max(0, totals.get("deferred", 0) - counted)
    totals["confirmed"] = sum(row.confirmed for row in rows)
    totals["outcomes"] = {f"{row.reason}.{row.outcome}": row.n for row in rows}
    return totals
