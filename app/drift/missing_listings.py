"""Looks up, one by one, the listings that a drift check did not find.

A listing counts as gone when Back Market knows neither its id nor its SKU. If too many
are missing to look up, it counts as gone when two checks in a row did not find it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.failpoints import failpoint
from app.core.sql import load_sql
from app.drift.context import DriftRun
from app.offers.comparison import columns_of
from app.offers.comparison_sql import ARRAYS, COLUMNS, NAMES
from app.publications.results.readback import find

MAX_LOOKUPS = 200
AT_A_TIME = 20

_SQL = load_sql(
    __package__,
    "missing_listings.sql",
    {
        "listing_columns": NAMES,
        "listing_arrays": ARRAYS,
        "assignments": ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:]),
    },
)
_SEEN = text(_SQL["store_listings"])
_CANDIDATES = text(_SQL["candidates"])
_TWICE = text(_SQL["missing_twice"])
_ONCE = text(_SQL["missing_once"])


async def store_listings(
    session: AsyncSession, store_id: UUID, columns: dict[str, list[Any]]
) -> None:
    """Upsert listings into the snapshot."""
    await session.execute(_SEEN, {"store": store_id, **columns})


async def look_up(run: DriftRun) -> None:
    """Look up the offers without a listing in the snapshot, a few at a time.

    Raises BackMarketError, AccountPausedError; results so far are stored.
    """
    for _ in range(MAX_LOOKUPS // AT_A_TIME):
        async with run.services.database.transaction() as tx:
            values = {"store": run.store_id, "started": run.started_at}
            rows = await tx.session.execute(_CANDIDATES, values | {"most": AT_A_TIME})
            candidates = rows.all()
        if not candidates:
            return
        bm, access = run.services.back_market, run.access
        found = [
            (row.sku_key, (await find(bm, access, row.sku, row.listing_id)).listing)
            for row in candidates
        ]
        failpoint("drift_check.looked_up")
        async with run.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            await store_listings(tx.session, run.store_id, columns_of(found))
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await tx.session.execute(_TWICE, values)
        await tx.session.execute(_ONCE, values)
