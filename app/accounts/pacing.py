"""Spaces the requests of a seller account, and pauses it after a 429."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.budget import Pace


async def pause(session: AsyncSession, account_id: UUID, length: timedelta) -> None:
    """Pause the account after a 429: no worker sends requests for it until then."""
    await session.execute(
        text(
            "UPDATE seller_account SET paused_until = "
            "greatest(paused_until, now() + :length) WHERE id = :id"
        ),
        {"id": account_id, "length": length},
    )


async def reserve_request(
    session: AsyncSession,
    account_id: UUID,
    requests_per_10s: int,
    patience: timedelta,
) -> timedelta:
    """Reserve the next request; returns how long to wait before sending it.

    Reserves nothing if the wait is longer than `patience`.
    """
    row = (
        await session.execute(
            text(
                "SELECT request_clock, clock_timestamp() AS now, "
                "greatest(paused_until, clock_timestamp()) AS start "
                "FROM seller_account WHERE id = :id FOR UPDATE"
            ),
            {"id": account_id},
        )
    ).one()
    delay, clock = Pace(requests_per_10s).reserve(row.request_clock, row.start)
    wait: timedelta = row.start - row.now + delay
    if wait <= patience:
        await session.execute(
            text("UPDATE seller_account SET request_clock = :clock WHERE id = :id"),
            {"id": account_id, "clock": clock},
        )
    return max(wait, timedelta(0))
