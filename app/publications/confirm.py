"""Reads back what a run created, emptied or repaired: accepted is not applied."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import text

from app.accounts import service as accounts
from app.backmarket.errors import BackMarketError
from app.backmarket.listings import Listing
from app.crashpoints import crashpoint
from app.jobs.kinds import JobKind
from app.publications import readback
from app.publications.compare import (
    Look,
    columns_of,
    compare,
    note_seen,
    open_tables,
)
from app.publications.context import AccountRestsError, Run
from app.publications.redescribe import mark_too_late
from app.publications.words import Kind

log = structlog.get_logger(__name__)

_AWAITED = text(
    """
    SELECT c.sku_key, c.sku, o.listing_id,
           array_to_string(ARRAY(SELECT jsonb_object_keys(c.after)), ' ') AS fields
      FROM change AS c
      JOIN offer AS o ON o.store_id = :store AND o.sku_key = c.sku_key
      LEFT JOIN offer_check AS k ON k.store_id = :store AND k.sku_key = c.sku_key
     WHERE c.publication_id = :publication AND c.outcome = 'accepted'
       AND c.confirmed_at IS NULL
       AND (c.after ? 'grade' OR c.after ->> 'quantity' = '0'
            OR k.drift IS NOT NULL)
     ORDER BY c.seq LIMIT :most
    """
)
_POLICY = text("SELECT drift FROM store WHERE id = :store")


async def read_back(run: Run) -> None:
    """Look at what the run created, took offline or repaired, before it ends.

    What does not show is `unconfirmed`, and its baseline is what was read: the next
    run sends it again. More than can be looked up one by one, or what cannot be read
    now, is left to a walk through all listings, which is asked for.
    """
    async with run.tools.database.transaction() as tx:
        if run.kind is Kind.PRODUCTS:
            await run.lease.confirm(tx.session)
            await mark_too_late(tx.session, run.publication_id, run.store_id)
        values = {"store": run.store_id, "publication": run.publication_id}
        most = {"most": readback.BY_SKU_MAX + 1}
        awaited = (await tx.session.execute(_AWAITED, values | most)).all()
        since = await accounts.database_now(tx.session)
        policy = await tx.session.scalar(_POLICY, values)
    if not awaited:
        return
    seen = None
    if len(awaited) <= readback.BY_SKU_MAX:
        seen = await _look(run, awaited)
    crashpoint("publish.looked")
    async with run.tools.database.transaction() as tx:
        await run.lease.confirm(tx.session)
        if seen is None:
            await tx.enqueue(JobKind.CONFIRM, run.store_id)
            return
        await open_tables(tx.session)
        await note_seen(tx.session, columns_of(seen), [a.fields for a in awaited])
        compared = await compare(
            tx.session,
            Look(
                account_id=run.account_id,
                store_id=run.store_id,
                siblings=run.siblings,
                since=since,
                publications=[run.publication_id],
                overwrite=policy == "overwrite",
            ),
        )
    crashpoint("publish.confirmed")
    log.info("publish.read_back", **compared.counts)


async def _look(
    run: Run, awaited: Sequence[Any]
) -> list[tuple[str, Listing | None]] | None:
    """None: not now. What was accepted stays so until somebody can look."""
    try:
        return [
            (
                row.sku_key,
                await readback.find(
                    run.tools.back_market, run.access, row.sku, row.listing_id
                ),
            )
            for row in awaited
        ]
    except (AccountRestsError, BackMarketError) as error:
        log.warning("publish.not_read_back", error=type(error).__name__)
        return None
