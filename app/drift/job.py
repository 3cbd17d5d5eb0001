"""Walks through all listings of a store's account, then judges what was seen.

Every step may be the last of this worker. Pages are written as they are read, with
the page to read on from; what is missing at the end is looked up one by one; then one
transaction compares all of it with the baseline.
"""

from datetime import timedelta

from sqlalchemy import text

from app.accounts.account_client import AccountRestsError, Tools
from app.backmarket.errors import BackMarketError
from app.backmarket.wire.listings import Listing
from app.core.failpoints import failpoint
from app.core.vault import SecretUnreadableError
from app.drift import evaluate, missing_listings
from app.drift.context import ROW, Walk, take_up
from app.jobs.lease import Lease, Snooze
from app.offers.comparison import columns_of

PAGES_AT_A_TIME = 10
"""Pages that are read before they are written."""
MOST_PAGES = 40_000
"""Two million listings: a list that does not end by then does not end."""


async def sweep(tools: Tools, lease: Lease) -> Snooze | None:
    """Do as much of a walk as can be done now."""
    try:
        walk = await take_up(tools, lease)
    except SecretUnreadableError as error:
        await ROW.fail(tools, lease, "secret_unreadable", str(error))
        return None
    if not isinstance(walk, Walk):
        return walk
    failpoint("drift_check.started")
    try:
        if walk.walked_at is None:
            await _read_pages(walk)
            return Snooze(timedelta(0))
        await missing_listings.look(walk)
        return await evaluate.judge(walk)
    except AccountRestsError as error:
        return await ROW.wait(walk, error.pause, "throttled")
    except BackMarketError as error:
        return await ROW.after_error(walk, error)


async def _read_pages(walk: Walk) -> None:
    """From the page where the walk stands to the last.

    Listings come newest first (section 3): one that is created meanwhile moves the
    others down, so that some are seen twice and none is missed.
    """
    page, has_next = walk.page, True
    while has_next and page <= MOST_PAGES:
        listings: list[Listing] = []
        for _ in range(PAGES_AT_A_TIME):
            answer = await walk.tools.back_market.listings(walk.access, page)
            listings += answer.items
            page, has_next = page + 1, answer.has_next
            if not has_next:
                break
        failpoint("drift_check.fetched")
        await _record(walk, listings, page, ended=not has_next)
        failpoint("drift_check.page_written")


async def _record(
    walk: Walk, listings: list[Listing], page: int, *, ended: bool
) -> None:
    """Write what was read and where to read on; the later telling counts."""
    once_each = {each.sku.lower(): each for each in listings if each.sku}
    async with walk.tools.database.transaction() as tx:
        await walk.lease.ensure_held(tx.session)
        await missing_listings.write_seen(
            tx.session, walk.store_id, columns_of(once_each.items())
        )
        await tx.session.execute(
            text(
                "UPDATE drift_check SET page = :page, failures = 0, "
                "listings = listings + :read, reason_code = NULL, reason = NULL, "
                "walked_at = CASE WHEN :ended THEN clock_timestamp() END "
                "WHERE store_id = :id"
            ),
            {
                "id": walk.store_id,
                "page": page,
                "read": len(listings),
                "ended": ended or page > MOST_PAGES,
            },
        )
