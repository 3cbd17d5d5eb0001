"""Compares listings with what publications sent: marks changes as shown or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql
from app.offers import comparison as offers
from app.offers.comparison import ComparisonResult, ListingComparison
from app.offers.locks import lock_offers

_STATEMENTS = load_sql(__package__, "compare.sql")


@dataclass(frozen=True, slots=True)
class Compared:
    """The result, and the publications of which changes were marked."""

    offers: ComparisonResult
    publications: tuple[UUID, ...]

    @property
    def counts(self) -> dict[str, int]:
        return self.offers.counts


async def compare(
    session: AsyncSession,
    account_id: UUID,
    comparison: ListingComparison,
    publications: Sequence[UUID],
) -> Compared:
    """Compare what is in `seen`, and mark the changes of these publications.

    Changes of SKUs in flight are left out. The caller's transaction is fenced by its
    lease; it recounts the publications that are returned.
    """
    await lock_offers(session, [comparison.store_id, *comparison.siblings])
    in_flight = text(_STATEMENTS["add_in_flight"])
    await session.execute(in_flight, {"account": account_id})
    result = await offers.compare(session, comparison)
    marked = await session.execute(
        text(_STATEMENTS["mark_changes"]), {"publications": list(publications)}
    )
    return Compared(result, tuple(sorted(set(marked.scalars()))))
