"""Requests the check of other markets with the drift checks of an account's stores."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.kinds import JobKind

SHARE_OF_INTERVAL = 0.75
"""A check is due when the last one is older than this share of the interval: stores of
an account have drift checks at different times of the day."""

_REQUEST = load_statements(__package__, "other_markets.sql")["request"]


async def request_due(
    tx: Transaction, accounts: Sequence[UUID], interval: timedelta
) -> None:
    """Request the checks of these accounts that are due.

    The first check of an account comes with the import of its listings.
    """
    if not accounts:
        return
    values = {"accounts": list(accounts), "age": interval * SHARE_OF_INTERVAL}
    found = await tx.session.execute(_REQUEST, values)
    for account_id in found.scalars().all():
        await tx.enqueue(JobKind.CHECK_OTHER_MARKETS, account_id, account_id)
