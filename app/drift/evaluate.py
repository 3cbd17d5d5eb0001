"""Compares a listing snapshot with live state: what orders do not explain is drift."""

import json
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.database import Transaction
from app.drift.context import DriftRun
from app.drift.models import DriftCheck
from app.offers.comparison import ListingComparison, open_tables
from app.offers.comparison_sql import NAMES
from app.offers.sales import CLOCK_SKEW
from app.orders.sync import scheduling as orders
from app.publications.results.compare import Compared, compare
from app.publications.results.totals import recount

log = structlog.get_logger(__name__)

AT_A_TIME = 20_000
"""Listings compared in one transaction, which blocks other writers of offers."""
ORDERS_PATIENCE = timedelta(minutes=10)
"""How long a drift check waits for orders that may explain a lower stock."""
RECENT = timedelta(days=3)
"""Publications that ended within this time get the outcomes of their changes."""

_SQL = load_statements(__package__, "evaluate.sql", {"listing_columns": NAMES})
_ORDERS = text(
    "SELECT state, started_at, requested_at, finished_at FROM order_sync_view "
    "WHERE account_id = :account"
)
_DELETE = text("DELETE FROM listing_snapshot WHERE store_id = :store")
_RUNS = text(
    "SELECT id FROM publication_view WHERE store_id = :store "
    "AND state IN ('finished', 'failed', 'cancelled') AND finished_at > now() - :recent"
)


async def evaluate(run: DriftRun, *, orders_known: bool) -> None:
    """Compare the snapshot with live state, part by part."""
    failpoint("drift_check.evaluating")
    while await _evaluate_part(run, orders_known=orders_known):
        failpoint("drift_check.part_evaluated")


async def _evaluate_part(run: DriftRun, *, orders_known: bool) -> bool:
    """False: no part is left. Imports and publications run between two parts."""
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        compared = await _compare(tx.session, run, orders_known=orders_known)
        if compared is None:
            return False
        for publication_id in compared.publications:
            await recount(tx.session, publication_id)
        values = {"store": run.store_id, "counts": json.dumps(compared.counts)}
        await tx.session.execute(_SQL["add_counts"], values)
    log.info("drift_check.evaluated", **compared.counts)
    return True


async def orders_known(run: DriftRun) -> bool | None:
    """Whether all orders are stored that may have lowered a stock.

    None: not yet, a sync is requested. False: they cannot be fetched, or not in time;
    a lower stock then counts as sold.
    """
    async with run.services.database.transaction() as tx:
        return await _orders_known(tx, run)


async def _orders_known(tx: Transaction, run: DriftRun) -> bool | None:
    assert run.read_at is not None  # noqa: S101 - all pages are read
    values = {"store": run.store_id, "account": run.account_id}
    if not await tx.session.scalar(_SQL["is_lower"], values):
        return True
    state = (await tx.session.execute(_ORDERS, values)).one_or_none()
    if state is None or state.requested_at < run.read_at:
        await orders.request(tx, run.account_id)
        return None
    if state.state == "done" and state.started_at >= run.read_at:
        return True
    if state.state == "failed" and state.finished_at >= run.read_at:
        return False
    return False if utc_now() - run.read_at > ORDERS_PATIENCE else None


async def _compare(
    session: AsyncSession, run: DriftRun, *, orders_known: bool
) -> Compared | None:
    """Compare the next part of the snapshot; None: no part is left."""
    values = {"store": run.store_id, "account": run.account_id}
    await open_tables(session)
    await session.execute(_SQL["add_seen"], values | {"most": AT_A_TIME})
    if not await session.scalar(text("SELECT EXISTS (SELECT 1 FROM seen)")):
        return None
    times = {"clock_skew": CLOCK_SKEW, "since": run.started_at}
    await session.execute(_SQL["add_sold"], values | times)
    await session.execute(text("ANALYZE seen"))
    runs = await session.execute(_RUNS, values | {"recent": RECENT})
    return await compare(
        session,
        run.account_id,
        ListingComparison(
            store_id=run.store_id,
            siblings=run.siblings,
            since=run.started_at,
            overwrite=run.overwrite,
            orders_known=orders_known,
            adopt=True,
        ),
        list(runs.scalars()),
    )


async def complete(session: AsyncSession, state: DriftCheck) -> None:
    """Delete the snapshot and reset the progress; the counts stay."""
    await session.execute(_DELETE, {"store": state.store_id})
    if state.evaluated_key is None:
        state.counts = {}
    state.page = 0
