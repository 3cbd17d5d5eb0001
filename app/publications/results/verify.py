"""Reads back what a run created, emptied or repaired, since accepted is not applied."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountPausedError
from app.backmarket.client import MAX_PAGE_SIZE
from app.backmarket.errors import BackMarketError
from app.backmarket.wire.listings import Listing
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.offers.comparison import ListingComparison, add_seen, columns_of, open_tables
from app.offers.service import sku_key
from app.publications import scheduling
from app.publications.context import Run
from app.publications.enums import Outcome, PublicationKind, Trigger
from app.publications.results import readback
from app.publications.results.compare import compare
from app.publications.results.record import ChangeResult, record_results
from app.publications.results.validation import mark_too_late

log = structlog.get_logger(__name__)

_TO_VERIFY = load_statements(__package__, "verify.sql")["awaited"]
_POLICY = text("SELECT drift FROM store_view WHERE id = :store")


_PAGES = 60
"""Maximum number of pages to read in a run: half a minute at the usual rate."""
_MOST = 10_000


async def verify_listings(run: Run) -> None:
    """Read back what the run created, took offline or repaired, before it ends.

    A change that does not show is `unconfirmed`, and the live state becomes what was
    read: the next run sends it again. If too many listings are left, or they cannot be
    read, a drift check of all listings is requested.
    """
    awaited, comparison = await _load(run)
    if not awaited:
        return
    seen, misplaced = await _read_listings(run, awaited)
    failpoint("publish.listings_read")
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if len(seen) < len(awaited):
            await tx.enqueue(JobKind.DRIFT_CHECK, run.store_id, run.account_id)
        await _add_seen(tx.session, awaited, seen, misplaced)
        compared = await compare(
            tx.session, run.account_id, comparison, [run.publication_id]
        )
        if misplaced:
            await _refuse(tx, run, awaited, misplaced)
    failpoint("publish.confirmed")
    log.info("publish.read_back", **compared.counts)


async def _load(run: Run) -> tuple[dict[str, Any], ListingComparison]:
    """The changes to verify by SKU key, and how their listings are compared."""
    async with run.tools.database.transaction() as tx:
        if run.kind is PublicationKind.PRODUCTS:
            await run.lease.ensure_held(tx.session)
            await mark_too_late(tx.session, run.publication_id, run.store_id)
        values = {"store": run.store_id, "publication": run.publication_id}
        rows = await tx.session.execute(_TO_VERIFY, values | {"most": _MOST})
        awaited = {row.sku_key: row for row in rows}
        since = await accounts.database_now(tx.session)
        policy = await tx.session.scalar(_POLICY, values)
    return awaited, ListingComparison(
        store_id=run.store_id,
        siblings=run.siblings,
        since=since,
        overwrite=policy == "overwrite",
    )


async def _add_seen(
    session: AsyncSession,
    awaited: Mapping[str, Any],
    seen: Mapping[str, Listing | None],
    misplaced: Mapping[str, Listing],
) -> None:
    await open_tables(session)
    overwritten = _overwritten(awaited, misplaced)
    fields = [awaited[key].fields for key in seen]
    fields += ["price quantity"] * len(overwritten)
    both = columns_of([*seen.items(), *overwritten.items()])
    await add_seen(session, both, fields)


def _overwritten(
    awaited: Mapping[str, Any], misplaced: Mapping[str, Listing]
) -> dict[str, Listing]:
    """The listings into which another offer was written, by their own SKU keys."""
    by_key = {sku_key(each.sku): each for each in misplaced.values() if each.sku}
    return {key: each for key, each in by_key.items() if key not in awaited}


async def _refuse(
    tx: Transaction,
    run: Run,
    awaited: Mapping[str, Any],
    misplaced: Mapping[str, Listing],
) -> None:
    """Reject creations that Back Market wrote into the listings of other SKUs.

    Sent again, they would overwrite these again. A run that restores them is requested.
    """
    results = [
        ChangeResult(
            awaited[key].seq,
            Outcome.REJECTED,
            "listing_taken",
            f"Back Market gave it the listing of {listing.sku}.",
        )
        for key, listing in misplaced.items()
    ]
    await record_results(
        tx.session, run.publication_id, run.store_id, run.siblings, results
    )
    await scheduling.request(tx, run.store_id, run.account_id, Trigger.FOLLOW_UP)
    log.warning("publish.listings_taken", number=len(results))


Seen = dict[str, Listing | None]


async def _read_listings(
    run: Run, awaited: Mapping[str, Any]
) -> tuple[Seen, dict[str, Listing]]:
    """The listings that could be read, by SKU key; other changes stay `accepted`.

    Also listings that were created under another SKU than the requested one.
    """
    seen: Seen = {}
    misplaced: dict[str, Listing] = {}
    try:
        if len(awaited) <= readback.BY_SKU_MAX:
            await _read_each(run, awaited, seen, misplaced)
        else:
            await _read_newest_pages(run, awaited, seen)
    except (AccountPausedError, BackMarketError) as error:
        log.warning("publish.not_read_back", error=type(error).__name__)
    return seen, misplaced


async def _read_each(
    run: Run, awaited: Mapping[str, Any], seen: Seen, misplaced: dict[str, Listing]
) -> None:
    for key, row in awaited.items():
        found = await readback.find(
            run.tools.back_market, run.access, row.sku, row.listing_id
        )
        seen[key] = found.listing
        created = "grade" in row.fields.split()
        if created and found.other and not found.listing:
            misplaced[key] = found.other


async def _read_newest_pages(run: Run, awaited: Mapping[str, Any], seen: Seen) -> None:
    """Listings come newest first (section 3): what was created is on the first pages.

    A listing that is not found may be on a later page, so none counts as missing.
    """
    created = sum("grade" in row.fields.split() for row in awaited.values())
    for page in range(1, min(2 * created // MAX_PAGE_SIZE + 2, _PAGES) + 1):
        answer = await run.tools.back_market.listings(run.access, page)
        for listing in answer.items:
            if (key := sku_key(listing.sku or "")) in awaited:
                seen[key] = listing
        if len(seen) == len(awaited) or not answer.has_next:
            return
