"""Listings that a walk should have met and did not: looked for one by one.

A listing is believed to be gone when Back Market does not know it by its id nor by its
SKU; where too many are missing for that, when two walks in a row did not meet it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.failpoints import failpoint
from app.drift.context import Walk
from app.offers.comparison import columns_of
from app.offers.comparison_sql import ARRAYS, COLUMNS, NAMES
from app.publications.results.readback import find

LOOK_FOR = 200
AT_A_TIME = 20

_SETS = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
_SEEN = text(
    f"INSERT INTO listing_snapshot (store_id, {NAMES}) "  # noqa: S608 - constants
    f"SELECT :store, t.* FROM unnest({ARRAYS}) AS t "
    f"ON CONFLICT (store_id, sku_key) DO UPDATE SET {_SETS}"
)
_ABSENT = """
  FROM offer AS o
 WHERE o.store_id = :store AND o.listed AND o.accepted_at <= :started
   AND NOT EXISTS (SELECT 1 FROM listing_snapshot AS s
                    WHERE s.store_id = o.store_id AND s.sku_key = o.sku_key)
"""
_CANDIDATES = text(
    f"SELECT o.sku_key, o.sku, o.listing_id {_ABSENT} ORDER BY o.sku_key LIMIT :most"
)
_TWICE = text(
    f"""
    INSERT INTO listing_snapshot (store_id, sku_key, found)
    SELECT o.store_id, o.sku_key, false {_ABSENT}
       AND EXISTS (SELECT 1 FROM offer_check AS k
                    WHERE k.store_id = o.store_id AND k.sku_key = o.sku_key
                      AND k.missing_at < :started)
    """  # noqa: S608 - constants
)
_ONCE = text(
    f"""
    INSERT INTO offer_check (store_id, sku_key, seen_at, missing_at)
    SELECT o.store_id, o.sku_key, now(), now() {_ABSENT}
    ON CONFLICT (store_id, sku_key) DO UPDATE SET missing_at = excluded.missing_at
    """
)


async def write_seen(
    session: AsyncSession, store_id: UUID, columns: dict[str, list[Any]]
) -> None:
    """Add listings to what the walk has seen; the later telling counts."""
    await session.execute(_SEEN, {"store": store_id, **columns})


async def look(walk: Walk) -> None:
    """Learn of each offer without a listing whether it has none. Few calls at a time.

    Raises BackMarketError, AccountRestsError; what is known by then is written.
    """
    for _ in range(LOOK_FOR // AT_A_TIME):
        async with walk.tools.database.transaction() as tx:
            values = {"store": walk.store_id, "started": walk.started_at}
            rows = await tx.session.execute(_CANDIDATES, values | {"most": AT_A_TIME})
            candidates = rows.all()
        if not candidates:
            return
        bm, access = walk.tools.back_market, walk.access
        found = [
            (row.sku_key, (await find(bm, access, row.sku, row.listing_id)).listing)
            for row in candidates
        ]
        failpoint("drift_check.looked")
        async with walk.tools.database.transaction() as tx:
            await walk.lease.ensure_held(tx.session)
            await write_seen(tx.session, walk.store_id, columns_of(found))
    async with walk.tools.database.transaction() as tx:
        await walk.lease.ensure_held(tx.session)
        await tx.session.execute(_TWICE, values)
        await tx.session.execute(_ONCE, values)
