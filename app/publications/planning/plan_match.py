"""Decides whether the changes of a run are exactly those of the plan to publish."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.publications.models import Plan
from app.publications.planning.plan import write_plan
from app.publications.planning.request import EVERYTHING, PlanRequest

EXAMPLES = 10

_DIFFERENCE = load_statements(__package__, "plan_match.sql")["difference"]
Difference = dict[str, Any]


async def difference(
    session: AsyncSession, request: PlanRequest, plan_id: UUID, digest: str
) -> Difference | None:
    """None when the run's changes, just written, match the plan; else the difference.

    The digest of a new offer is that of its row, so the digests may differ for equal
    changes: then the changes are compared. After a difference the run has no changes.
    """
    plan = await session.get(Plan, plan_id)
    if plan is not None and plan.content_hash == digest:
        return None
    found: Difference = {kind: _none() for kind in ("added", "removed", "changed")}
    if plan is not None:
        # A plan lists all its changes: so does the run, for the comparison.
        await write_plan(session, replace(request, detail=EVERYTHING))
        rows = await session.execute(
            _DIFFERENCE,
            {
                "plan": plan_id,
                "publication": request.publication_id,
                "examples": EXAMPLES,
            },
        )
        differing = {row.kind: {"count": row.changes, "skus": row.skus} for row in rows}
        if not differing:
            await write_plan(session, request)
            return None
        found |= differing
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": request.publication_id},
    )
    return found


def _none() -> dict[str, Any]:
    return {"count": 0, "skus": []}
