"""Back Market's limits of requests for service cases: a minute's, and a day's.

They come on top of the rate of the seller account (Back Market API, limits).
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts.account_client import (
    LONGEST_WAIT,
    AccountPausedError,
    AccountServices,
)
from app.accounts.budget import Pace
from app.accounts.service import database_now
from app.orders.service_cases.models import ServiceCaseSync

MINUTE = Pace(520, timedelta(minutes=1))
DAY = Pace(4000, timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Clocks:
    """Until when requests are reserved, per limit; None: none was made."""

    minute: datetime | None = None
    day: datetime | None = None


def reserve(clocks: Clocks, now: datetime) -> tuple[timedelta, Clocks]:
    """How long to wait before the next request, and the new clocks to store. Pure."""
    of_minute, minute = MINUTE.reserve(clocks.minute, now)
    of_day, day = DAY.reserve(clocks.day, now)
    return max(of_minute, of_day), Clocks(minute, day)


async def wait_for_request(services: AccountServices, account_id: UUID) -> None:
    """Wait until both limits allow a request. Raises AccountPausedError.

    Nothing is reserved for a wait that is too long: the fetch continues later.
    """
    async with services.database.transaction() as tx:
        row = await tx.session.get_one(
            ServiceCaseSync, account_id, with_for_update=True, populate_existing=True
        )
        now = await database_now(tx.session)
        wait, after = reserve(Clocks(row.minute_clock, row.day_clock), now)
        if wait <= LONGEST_WAIT:
            row.minute_clock, row.day_clock = after.minute, after.day
    if wait > LONGEST_WAIT:
        raise AccountPausedError(wait)
    await asyncio.sleep(wait.total_seconds())
