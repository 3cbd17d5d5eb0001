"""The decision of a seller account on listings that are online in other markets.

Quantity is one number for all markets of the platform. Listings that are online in
markets without a store in refeed would follow it too ("Live state", other markets).
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller, name_of
from app.accounts.models import SellerAccount
from app.accounts.service import make_stores_due
from app.core.columns import utc_now

Decision = Literal["share", "protect"]
"""`share`: quantities are sent; `protect`: they are not. None: held until decided."""
Listings = Sequence[tuple[str, int]]
"""Markets in alphabetical order, with the number of listings online there."""

_LISTINGS = text(
    "SELECT account_id, market, count(*) AS listings "
    "FROM other_market_listing_view, unnest(markets) AS market "
    "WHERE account_id = ANY(:accounts) GROUP BY 1, 2 ORDER BY 1, 2"
)


async def listings(
    session: AsyncSession, accounts: Sequence[UUID]
) -> Mapping[UUID, Listings]:
    """Listings online in markets without a store, by account."""
    found: dict[UUID, list[tuple[str, int]]] = {}
    for row in await session.execute(_LISTINGS, {"accounts": list(accounts)}):
        found.setdefault(row.account_id, []).append((row.market, row.listings))
    return found


async def decide(
    session: AsyncSession,
    account: SellerAccount,
    decision: Decision | None,
    caller: Caller,
) -> None:
    """Record the decision, who made it and when; the stores are due for a run."""
    if account.other_markets == decision:
        return
    account.other_markets = decision
    account.other_markets_by = await name_of(session, caller)
    account.other_markets_at = utc_now()
    await make_stores_due(session, account.id)
