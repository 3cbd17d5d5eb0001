"""Reads the figures of a page of stores, each with one statement for all of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller
from app.accounts.budget import Spend
from app.core.columns import utc_now
from app.core.statements import load_statements
from app.orders.due import ACCEPT_WITHIN, DUE_SQL

MOST = 10_000
"""Offers and orders are counted up to here."""
FIRST_ID = UUID(int=0)
_DUE = " OR ".join(f"({rule})" for rule in DUE_SQL.values())
_SQL = load_statements(__package__, "queries.sql", {"due": _DUE})


async def page_of_stores(
    session: AsyncSession, caller: Caller, after: tuple[int, UUID] | None, limit: int
) -> Sequence[Any]:
    """Rows of id and rank, those that need attention first."""
    rank, last = after or (-1, FIRST_ID)
    values = {
        "all": caller.store_ids is None,
        "ids": list(caller.store_ids or ()),
        "rank": rank,
        "after": last,
        "limit": limit + 1,
    }
    return (await session.execute(_SQL["page"], values)).all()


async def offer_counts(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Any]:
    values = {"ids": list(ids), "most": MOST + 1}
    return {row.id: row for row in await session.execute(_SQL["offers"], values)}


async def runs(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """The newest run of each store and the newest that has ended, newest first."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in await session.execute(_SQL["runs"], {"ids": list(ids)}):
        found[row.store_id].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row.id, reverse=True)
    return found


async def due_orders(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    now = utc_now()
    values = {
        "ids": list(ids),
        "most": MOST + 1,
        "now": now,
        "accept_before": now - ACCEPT_WITHIN,
    }
    return {row.id: row.orders for row in await session.execute(_SQL["due"], values)}


async def spent_lines(
    session: AsyncSession, accounts: Sequence[UUID]
) -> dict[UUID, list[Spend]]:
    """Lines of the last hour by account."""
    found: dict[UUID, list[Spend]] = defaultdict(list)
    for row in await session.execute(_SQL["spent"], {"accounts": list(accounts)}):
        found[row.account_id].append(Spend(row.at, row.lines))
    return found


async def outcomes_by_day(
    session: AsyncSession, ids: Sequence[UUID], first: date
) -> Mapping[tuple[UUID, date], dict[str, int]]:
    """Changes by outcome, of runs requested since this day (UTC)."""
    values = {"ids": list(ids), "first": first_id_of(first)}
    found: dict[tuple[UUID, date], dict[str, int]] = defaultdict(dict)
    for row in await session.execute(_SQL["activity"], values):
        found[row.store_id, row.day][row.outcome] = row.changes
    return found


def first_id_of(day: date) -> UUID:
    """The smallest UUIDv7 of a day: ids of rows begin with their time. Pure."""
    start = datetime.combine(day, time(), UTC)
    return UUID(int=round(start.timestamp() * 1000) << 80)


def days_until(today: date, days: int) -> list[date]:
    """The last days, today included. Pure."""
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
