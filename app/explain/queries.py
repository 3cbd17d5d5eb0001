"""Reads the rows behind an explanation, each through an existing index.

Changes have no index by SKU: it would slow down every plan and every result. The runs
of a store are searched by their key instead, newest first, a limited number at a time.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements

RUNS_AT_A_TIME = 50
MAX_CHANGES = 300_000
"""Changes to search for one page; a run with more is one page."""

_RUNS = text(
    "SELECT id, totals FROM publication_view WHERE store_id = :store "
    "AND (CAST(:before AS uuid) IS NULL OR id < :before) "
    "ORDER BY id DESC LIMIT :most"
)
_CHANGES = load_statements(__package__, "queries.sql")["changes"]


async def changes_of(
    session: AsyncSession, store_id: UUID, key: str, before: UUID | None, limit: int
) -> tuple[list[Any], UUID | None]:
    """Changes of the SKU in runs older than `before`, newest first.

    Also the run before which the next page continues; None on the last page.
    """
    found: list[Any] = []
    looked = 0
    while True:
        values = {"store": store_id, "before": before, "most": RUNS_AT_A_TIME}
        runs = (await session.execute(_RUNS, values)).all()
        taken, looked = _as_many_as_fit(runs, looked)
        if taken:
            before = taken[-1].id
            ids = {"runs": [run.id for run in taken], "key": key}
            found += (await session.execute(_CHANGES, ids)).all()
        if len(found) > limit:
            return found[:limit], found[limit - 1].publication_id
        if len(taken) == len(runs) < RUNS_AT_A_TIME:
            return found, None
        if len(found) == limit or looked >= MAX_CHANGES:
            return found, before


def _as_many_as_fit(runs: Sequence[Any], looked: int) -> tuple[Sequence[Any], int]:
    """The first runs with at most MAX_CHANGES changes in total, at least one run."""
    for number, run in enumerate(runs):
        looked += size_of(run.totals)
        if looked >= MAX_CHANGES:
            return runs[: number + 1], looked
    return runs, looked


def size_of(totals: Mapping[str, Any]) -> int:
    """How many changes a run has according to its totals."""
    counts: Mapping[str, int] = totals.get("outcomes") or totals.get("planned") or {}
    return sum(counts.values())


async def has_unread_catalog(session: AsyncSession, store_id: UUID) -> bool:
    """Whether an uploaded catalog is still to be imported."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM catalog_view WHERE store_id = :store "
            "AND state IN ('received', 'importing', 'awaiting_mapping'))"
        ),
        {"store": store_id},
    )
    return bool(found)


async def other_markets(
    session: AsyncSession, account_id: UUID | None, key: str
) -> Sequence[str]:
    """Markets without a store in which the listing is online."""
    found: Sequence[str] | None = await session.scalar(
        text(
            "SELECT markets FROM other_market_listing_view "
            "WHERE account_id = :account AND sku_key = :key"
        ),
        {"account": account_id, "key": key},
    )
    return found or []
