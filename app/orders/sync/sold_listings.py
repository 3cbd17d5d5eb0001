"""Reads listings whose quantity is not certain after a sale.

Whether Back Market sold a piece before or after a quantity arrived, no time says: those
of orders are whole seconds, and the clocks differ ("Live state", sales).
"""

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountPausedError, AccountServices
from app.backmarket.client import Access
from app.backmarket.errors import BackMarketError, RequestRefusedError
from app.core.failpoints import failpoint
from app.jobs.lease import Lease
from app.offers.sales import ListingToRead, correct_live, listings_to_read

log = structlog.get_logger(__name__)

MOST_READS = 200
"""Listings per sync, one request each; the next sync reads the others."""
AT_A_TIME = 20
"""Listings between two commits."""


async def any_to_read(session: AsyncSession, account_id: UUID) -> bool:
    return bool(await listings_to_read(session, account_id, 1))


async def read_sold(
    services: AccountServices, access: Access, lease: Lease, account_id: UUID
) -> None:
    """Correct the live quantities of sold listings by what they show.

    Where Back Market cannot be read, the next sync tries again.
    """
    try:
        for _ in range(MOST_READS // AT_A_TIME):
            if not await _read_some(services, access, lease, account_id):
                return
    except (AccountPausedError, BackMarketError) as error:
        log.warning("orders.listings_not_read", error=type(error).__name__)


async def _read_some(
    services: AccountServices, access: Access, lease: Lease, account_id: UUID
) -> bool:
    """Whether there was a listing to read. Raises BackMarketError."""
    async with services.database.transaction() as tx:
        read_at = await accounts.database_now(tx.session)
        listings = await listings_to_read(tx.session, account_id, AT_A_TIME)
    if not listings:
        return False
    shown = {each.sku_key: await _quantity(services, access, each) for each in listings}
    failpoint("orders.listings_read")
    async with services.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        await correct_live(tx.session, account_id, shown, read_at)
    return True


async def _quantity(
    services: AccountServices, access: Access, wanted: ListingToRead
) -> int | None:
    """What the listing shows; None where it is not found, or shows no number."""
    if wanted.sku is None:
        return None
    try:
        found = await services.back_market.listing_by_sku(access, wanted.sku)
    except RequestRefusedError:
        return None
    return found.quantity if found else None
