"""Queries of offers, with their state, drift and price floor."""

from collections.abc import Sequence
from dataclasses import dataclass
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
_LIST = "{{offers}} AND {{which}} AND sku_key > :after ORDER BY sku_key LIMIT :limit"
_NAMED = "sku_key = ANY(:keys)"


def _list(which: str) -> TextClause:
    return text(compose(_LIST, {"offers": _SQL["offers"], "which": which}))


_LISTS: dict[str | None, TextClause] = {None: _list(_SQL["usual"])} | {
    state: _list(condition) for state, condition in OFFER_STATES.items()
}
_LISTS_BY_SKU: dict[str | None, TextClause] = {None: _list(_NAMED)} | {
    state: _list(f"{condition} AND {_NAMED}")
    for state, condition in OFFER_STATES.items()
}
_SEARCHES: dict[tuple[str | None, str], TextClause] = {
    (state, search): _list(
        _SQL[search] if state is None else f"{OFFER_STATES[state]} AND {_SQL[search]}"
    )
    for state in (None, *OFFER_STATES)
    for search in ("with_ean", "with_prefix", "with_part")
}
_SEARCHABLE = text(_SQL["searchable"])
_BY_INDEX = text(_SQL["by_index"])
_FRONTIER = text(_SQL["frontier"])
VISITS = 20_000
"""Offers that a page of a search for a part reads at most."""
_LAST = chr(0x10FFFF)
_EAN_DIGITS = range(8, 15)
_TOTALS = text(_SQL["totals"])
_ONE = text(_SQL["one"])


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Offers in one state and with one of these SKUs, case-insensitive; None: any.

    `q` is a search instead of SKUs; see `search`.

    Without state and SKUs, listings that no catalog has named are left out.
    """

    state: str | None = None
    skus: Sequence[str] | None = None
    q: str | None = None


async def offers(  # noqa: PLR0913, PLR0917 - filter and page of a list
    session: AsyncSession,
    store_id: UUID,
    which: OfferFilter,
    after: str | None,
    limit: int,
    margin: Margin,
) -> Sequence[Any]:
    """Offers by SKU, each with its floor."""
    values = {"id": store_id, "after": after or "", "limit": limit + 1}
    if which.skus is None:
        statement = _LISTS[which.state]
    else:
        statement = _LISTS_BY_SKU[which.state]
        values["keys"] = list(map(sku_key, which.skus))
    rows = await session.execute(statement, values | margin.values)
    return rows.all()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search; without more rows, the next one starts at `frontier`."""

    rows: Sequence[Any]
    frontier: str | None = None


async def search(  # noqa: PLR0913, PLR0917 - as `offers`
    session: AsyncSession,
    store_id: UUID,
    which: OfferFilter,
    after: str | None,
    limit: int,
    margin: Margin,
) -> Found:
    """Offers with this EAN, else with SKUs that begin so, else with the text in it.

    The first two use an index. The last one reads `VISITS` offers for a page.
    """
    part = sku_key(which.q or "")
    where = {"id": store_id, "after": after or ""}
    values: dict[str, Any] = {
        **where,
        "limit": limit + 1,
        "low": part,
        "high": part + _LAST,
    }
    values |= {"eans": eans_of(part), "part": part, "frontier": None}
    kinds = (await session.execute(_SEARCHABLE, values)).one()
    if not (kinds.with_ean or kinds.with_prefix):
        window = {**where, "visits": VISITS - 1}
        await session.execute(_BY_INDEX)
        found = await session.execute(_FRONTIER, window)
        keys = found.scalars().all()
        values["frontier"] = keys[0] if len(keys) > 1 else None
    kind = "with_prefix" if kinds.with_prefix else "with_part"
    statement = _SEARCHES[which.state, "with_ean" if kinds.with_ean else kind]
    rows = await session.execute(statement, values | margin.values)
    return Found(rows.all(), values["frontier"])


def eans_of(text_: str) -> list[str]:
    """The EAN as catalogs may have it: with and without leading zeros. Pure."""
    if not (text_.isascii() and text_.isdigit() and len(text_) in _EAN_DIGITS):
        return []
    bare = text_.lstrip("0")
    return sorted({text_, bare, *(bare.zfill(length) for length in (8, 12, 13))})


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
