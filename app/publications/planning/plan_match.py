"""Publishing a plan: exactly what it said leaves, or nothing and what changed since."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.models import Plan
from app.publications.planning.plan import write_plan
from app.publications.planning.request import EVERYTHING, PlanRequest

EXAMPLES = 10

_DIFFERENCE = text(
    """
    WITH planned AS (
      SELECT sku_key, sku, reason, after FROM change
       WHERE publication_id = :plan AND outcome IN ('planned', 'deferred')
    ),
    present AS (
      SELECT sku_key, sku, reason, after FROM change
       WHERE publication_id = :publication AND outcome IN ('planned', 'deferred')
    ),
    found AS (
      SELECT coalesce(n.sku, p.sku) AS sku, sku_key,
             CASE WHEN p.sku IS NULL THEN 'added' WHEN n.sku IS NULL THEN 'removed'
                  ELSE 'changed' END AS how
        FROM planned AS p FULL JOIN present AS n USING (sku_key)
       WHERE p.sku IS NULL OR n.sku IS NULL OR p.reason <> n.reason
          OR p.after <> n.after
    )
    SELECT how, count(*) AS n,
           (array_agg(sku ORDER BY sku_key))[1:CAST(:examples AS int)] AS skus
      FROM found GROUP BY how
    """
)
Difference = dict[str, Any]


async def difference(
    session: AsyncSession, request: PlanRequest, plan_id: UUID, digest: str
) -> Difference | None:
    """None when the run's plan, just written, is that one; else what changed since.

    The hash of a new offer is that of its row, so that another hash may still mean the
    same changes. Of a plan that differs nothing stays: the run has no changes.
    """
    plan = await session.get(Plan, plan_id)
    if plan is not None and plan.content_hash == digest:
        return None
    found: Difference = {how: _none() for how in ("added", "removed", "changed")}
    if plan is not None:
        # The plan lists all its changes, so the run must, to be compared.
        await write_plan(session, replace(request, detail=EVERYTHING))
        rows = await session.execute(
            _DIFFERENCE,
            {
                "plan": plan_id,
                "publication": request.publication_id,
                "examples": EXAMPLES,
            },
        )
        differing = {row.how: {"count": row.n, "skus": row.skus} for row in rows}
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
