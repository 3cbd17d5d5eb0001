"""Judges a walk: orders explain what stock they can, the rest is drift."""

import json
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.database import Transaction
from app.drift.context import ROW, Walk
from app.jobs.lease import Snooze
from app.offers.comparison import Comparison, open_tables
from app.offers.comparison_sql import NAMES
from app.orders.sync import scheduling as orders
from app.publications.results.compare import Compared, compare
from app.publications.results.totals import recount

log = structlog.get_logger(__name__)

AT_A_TIME = 20_000
"""Listings that are judged in one transaction: others wait for it to write offers."""
ORDERS_PATIENCE = timedelta(minutes=10)
"""How long a walk waits for the orders that may explain a lower stock."""
ORDERS_PAUSE = timedelta(seconds=1)
CLOCKS = timedelta(seconds=5)
"""How far Back Market's clock and ours may be apart."""
REPORTS = timedelta(days=3)
"""Runs that ended within this time are told what became of their changes."""

_LOWER = text(
    """
    SELECT EXISTS (
      SELECT 1 FROM listing_snapshot AS s
        JOIN offer AS o ON o.store_id = s.store_id AND o.sku_key = s.sku_key
       WHERE s.store_id = :store AND o.listed AND s.quantity < o.accepted_quantity)
    """
)
_ORDERS = text(
    "SELECT state, started_at, requested_at, finished_at FROM order_sync "
    "WHERE account_id = :account"
)
_SEEN = text(
    f"INSERT INTO seen ({NAMES}) SELECT {NAMES} FROM listing_snapshot "  # noqa: S608 - constants
    "WHERE store_id = :store AND sku_key > (SELECT coalesce(judged_key, '') "
    "FROM drift_check WHERE store_id = :store) ORDER BY sku_key LIMIT :most"
)
# Of how many it came to what, with those of the parts before.
_ADD_UP = text(
    """
    UPDATE drift_check AS p
       SET judged_key = (SELECT max(sku_key) FROM seen),
           counts = (SELECT jsonb_object_agg(key, value::int + CASE
             WHEN p.judged_key IS NULL THEN 0
             ELSE coalesce(p.counts ->> key, '0')::int END)
             FROM jsonb_each_text(CAST(:counts AS jsonb)))
     WHERE store_id = :store
    """
)
# All lines count, those that were cancelled, too: to explain too much leaves a stock
# low until the next catalog, to explain too little would sell what is not there.
_SOLD = text(
    """
    INSERT INTO sold
    SELECT o.sku_key, sum(l.quantity) FROM seen AS s
      JOIN offer AS o ON o.store_id = :store AND o.sku_key = s.sku_key
      JOIN sales_order AS b ON b.account_id = :account
       AND b.created_at >= coalesce(o.stock_at - :clocks, '-infinity')
      JOIN sales_order_line AS l ON l.order_id = b.id AND lower(l.sku) = o.sku_key
     WHERE s.quantity < o.accepted_quantity
     GROUP BY o.sku_key
    """
)
_RUNS = text(
    "SELECT id FROM publication WHERE store_id = :store "
    "AND state IN ('finished', 'failed', 'cancelled') AND finished_at > now() - :recent"
)


async def judge(walk: Walk) -> Snooze | None:
    """Compare what was seen with the baseline, part by part, and end the walk.

    A stock that is lower than ours waits until the orders are fetched that were made
    before it was seen. Where they cannot be fetched it is taken for sold.
    """
    async with walk.tools.database.transaction() as tx:
        known = await _orders_known(tx, walk)
    if known is None:
        return await ROW.wait(walk, ORDERS_PAUSE, "awaiting_orders")
    failpoint("drift_check.judging")
    while await _judge_part(walk, orders_known=known):
        failpoint("drift_check.part_judged")
    async with walk.tools.database.transaction() as tx:
        await walk.lease.ensure_held(tx.session)
        await accounts.note_connection(tx.session, walk.account_id, "ok")
        await _complete(tx.session, walk)
        failpoint("drift_check.before_finish")
        await walk.lease.finish(tx.session)
    failpoint("drift_check.finished")
    return None


async def _judge_part(walk: Walk, *, orders_known: bool) -> bool:
    """False: nothing is left. Imports and runs get their turn between two parts."""
    async with walk.tools.database.transaction() as tx:
        await walk.lease.ensure_held(tx.session)
        compared = await _compare(tx.session, walk, orders_known=orders_known)
        if compared is None:
            return False
        for publication_id in compared.publications:
            await recount(tx.session, publication_id)
        values = {"store": walk.store_id, "counts": json.dumps(compared.counts)}
        await tx.session.execute(_ADD_UP, values)
    log.info("drift_check.judged", **compared.counts)
    return True


async def _orders_known(tx: Transaction, walk: Walk) -> bool | None:
    """Whether all orders are here that may have lowered a stock; None: not yet."""
    assert walk.walked_at is not None  # noqa: S101 - the walk is over
    values = {"store": walk.store_id, "account": walk.account_id}
    if not await tx.session.scalar(_LOWER, values):
        return True
    state = (await tx.session.execute(_ORDERS, values)).one_or_none()
    if state is None or state.requested_at < walk.walked_at:
        await orders.request(tx, walk.account_id)
        return None
    if state.state == "done" and state.started_at >= walk.walked_at:
        return True
    if state.state == "failed" and state.finished_at >= walk.walked_at:
        return False
    return False if utc_now() - walk.walked_at > ORDERS_PATIENCE else None


async def _compare(
    session: AsyncSession, walk: Walk, *, orders_known: bool
) -> Compared | None:
    """The next part of what was seen; None when there is none."""
    values = {"store": walk.store_id, "account": walk.account_id}
    await open_tables(session)
    await session.execute(_SEEN, values | {"most": AT_A_TIME})
    if not await session.scalar(text("SELECT EXISTS (SELECT 1 FROM seen)")):
        return None
    await session.execute(_SOLD, values | {"clocks": CLOCKS})
    await session.execute(text("ANALYZE seen"))
    runs = await session.execute(_RUNS, values | {"recent": REPORTS})
    return await compare(
        session,
        walk.account_id,
        Comparison(
            store_id=walk.store_id,
            siblings=walk.siblings,
            since=walk.started_at,
            overwrite=walk.overwrite,
            orders_known=orders_known,
        ),
        list(runs.scalars()),
    )


async def _complete(session: AsyncSession, walk: Walk) -> None:
    """The walk is over: nothing of it is kept but its counts."""
    await session.execute(
        text("DELETE FROM listing_snapshot WHERE store_id = :id"), {"id": walk.store_id}
    )
    await ROW.end(session, walk.lease, "done")
    await session.execute(
        text(
            "UPDATE drift_check SET page = 0, counts = CASE "
            "WHEN judged_key IS NULL THEN '{}' ELSE counts END WHERE store_id = :id"
        ),
        {"id": walk.store_id},
    )
