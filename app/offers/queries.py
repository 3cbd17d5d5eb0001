"""Queries of offers, with their state, drift and price floor."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import compose, load_sql
from app.offers.price_floor import Margin, floor_of
from app.offers.service import sku_key
from app.offers.titles import WARNING

_SQL = load_sql(
    __package__, "queries.sql", {"floor": floor_of("o"), "title_warning": WARNING}
)
OFFER_STATES = {
    name.removeprefix("state_"): condition
    for name, condition in _SQL.items()
    if name.startswith("state_")
}
"""SQL conditions by state."""
_LIST = "{{offers}} AND {{state}} AND sku_key > :after ORDER BY sku_key LIMIT :limit"
_LISTS: dict[str | None, TextClause] = {None: text(_SQL["list_all"])} | {
    state: text(compose(_LIST, {"offers": _SQL["offers"], "state": condition}))
    for state, condition in OFFER_STATES.items()
}
_TOTALS = text(_SQL["totals"])
_ONE = text(_SQL["one"])


async def offers(  # noqa: PLR0913, PLR0917 - filters of a list
    session: AsyncSession,
    store_id: UUID,
    state: str | None,
    after: str | None,
    limit: int,
    margin: Margin,
) -> Sequence[Any]:
    """Offers by SKU, all or in one state, each with its floor."""
    rows = await session.execute(
        _LISTS[state],
        {"id": store_id, "after": after or "", "limit": limit + 1, **margin.values},
    )
    return rows.all()


async def totals(session: AsyncSession, store_id: UUID) -> dict[str, int]:
    """The number of offers in each state that occurs; reads every offer once."""
    rows = await session.execute(_TOTALS, {"id": store_id})
    return {row.state: row.offers for row in rows}


async def offer(session: AsyncSession, store_id: UUID, sku: str, margin: Margin) -> Any:  # noqa: ANN401 - a row
    """The offer with this SKU, case-insensitive, with its floor; None if none."""
    found = await session.execute(
        _ONE,
        {"id": store_id, "key": sku_key(sku), **margin.values},
    )
    return found.one_or_none()
