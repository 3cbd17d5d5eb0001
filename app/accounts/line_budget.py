"""Reserves lines of the hourly budget of a seller account, and releases them."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.budget import HOUR, LATEST_ARRIVAL, Spend
from app.accounts.models import LineSpend
from app.accounts.service import database_now


async def lock_budget(session: AsyncSession, account_id: UUID) -> None:
    """Lock the budget of the account until the transaction ends."""
    await session.execute(
        text("SELECT 1 FROM seller_account WHERE id = :id FOR NO KEY UPDATE"),
        {"id": account_id},
    )


async def lines_used(session: AsyncSession, account_id: UUID) -> int:
    """Lines reserved in the last hour."""
    used: int = (
        await session.execute(
            text(
                "SELECT coalesce(sum(lines), 0) FROM line_spend "
                "WHERE account_id = :id AND at > now() - :hour"
            ),
            {"id": account_id, "hour": HOUR},
        )
    ).scalar_one()
    return used


async def spends(session: AsyncSession, account_id: UUID) -> list[Spend]:
    """Lines reserved in the last hour, oldest first."""
    rows = await session.execute(
        text(
            "SELECT at, lines FROM line_spend "
            "WHERE account_id = :id AND at > now() - :hour ORDER BY at"
        ),
        {"id": account_id, "hour": HOUR},
    )
    return [Spend(row.at, row.lines) for row in rows]


async def spend(session: AsyncSession, account_id: UUID, lines: int) -> UUID:
    """Reserve lines before they are sent, and delete expired entries.

    They count from the latest time at which they may arrive.
    """
    await session.execute(
        text("DELETE FROM line_spend WHERE account_id = :id AND at < now() - :keep"),
        {"id": account_id, "keep": 2 * HOUR},
    )
    at = await database_now(session) + LATEST_ARRIVAL
    entry = LineSpend(account_id=account_id, at=at, lines=lines)
    session.add(entry)
    await session.flush()
    return entry.id


async def unspend(session: AsyncSession, spend_id: UUID) -> None:
    """Release lines that Back Market certainly did not accept."""
    await session.execute(
        text("DELETE FROM line_spend WHERE id = :id"), {"id": spend_id}
    )
