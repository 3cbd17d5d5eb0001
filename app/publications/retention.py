"""Deletes old publications and plans with their changes, a few at a time."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.previews.preview import KEPT as PLANS_KEPT

BATCH = 50
_OLD_PUBLICATIONS = text(
    "SELECT id FROM publication WHERE finished_at < now() - :keep "
    "ORDER BY id LIMIT :limit"
)
_OLD_PLANS = text(
    "SELECT id FROM plan WHERE requested_at < now() - :keep "
    "ORDER BY requested_at LIMIT :limit"
)
_DELETE_CHANGES = text("DELETE FROM change WHERE publication_id = ANY(:ids)")
_DELETE_SUBMISSIONS = text("DELETE FROM submission WHERE publication_id = ANY(:ids)")
_DELETE_DECISIONS = text("DELETE FROM hold_decision WHERE publication_id = ANY(:ids)")
_DELETE_PUBLICATIONS = text("DELETE FROM publication WHERE id = ANY(:ids)")
_DELETE_PLANS = text("DELETE FROM plan WHERE id = ANY(:ids)")


async def delete_old(session: AsyncSession, keep: timedelta) -> int:
    """Delete at most `BATCH` publications and plans; returns how many publications."""
    values = {"keep": keep, "limit": BATCH}
    runs = list((await session.execute(_OLD_PUBLICATIONS, values)).scalars())
    values = {"keep": PLANS_KEPT, "limit": BATCH}
    plans = list((await session.execute(_OLD_PLANS, values)).scalars())
    await _delete(session, runs, plans)
    return len(runs)


async def _delete(
    session: AsyncSession, runs: Sequence[UUID], plans: Sequence[UUID]
) -> None:
    await session.execute(_DELETE_CHANGES, {"ids": [*runs, *plans]})
    await session.execute(_DELETE_SUBMISSIONS, {"ids": list(runs)})
    await session.execute(_DELETE_DECISIONS, {"ids": list(runs)})
    await session.execute(_DELETE_PUBLICATIONS, {"ids": list(runs)})
    await session.execute(_DELETE_PLANS, {"ids": list(plans)})
