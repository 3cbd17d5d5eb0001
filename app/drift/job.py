"""Reads all listings of a store's account, then compares them with the offers.

Pages are stored as they are read, with the next page to read. Then the missing listings
are read one by one, and the evaluation compares the snapshot in parts.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from app.accounts import service as accounts
from app.accounts.account_client import open_access
from app.accounts.account_job import AccountJob
from app.accounts.connection_health import record_connection
from app.backmarket.markets import market_of
from app.backmarket.wire.listings import Listing
from app.core.failpoints import failpoint
from app.database import Transaction
from app.drift import evaluate, missing_listings, scheduling
from app.drift.context import DriftRun, start_reading
from app.drift.imports import service as imports
from app.drift.lifecycle import DRIFT_CHECK
from app.drift.models import DriftCheck
from app.drift.unmatched import service as unmatched
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp, TryAgain
from app.offers.adoption import delete_unmatched
from app.offers.comparison import columns_of
from app.offers.service import sku_key
from app.publications import listing_imports
from app.publications.titles import refresh as titles
from app.stores import service as stores
from app.stores.models import Store

PAGES_AT_A_TIME = 10
"""Pages that are read before they are stored."""
MAX_PAGES = 40_000
"""Two million listings: a list that is longer has no end."""
AWAITING_ORDERS = TryAgain(timedelta(seconds=1), "awaiting_orders", counts=False)
NO_SELLER_ACCOUNT = GiveUp("no_seller_account")


class DriftCheckJob(AccountJob[DriftRun, DriftCheck]):
    """Does as much of a drift check as can be done now."""

    name = "drift_check"
    lifecycle = DRIFT_CHECK
    row_type = DriftCheck

    async def load(self, lease: Lease) -> DriftRun | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            store = await stores.find(tx.session, lease.subject_id)
            if store is None:
                await lease.finish(tx.session)
                return None
            state = await scheduling.ensure_requested(tx.session, store.id)
            if store.account_id is None:
                await self.end(tx.session, state, "failed", NO_SELLER_ACCOUNT)
                await lease.finish(tx.session)
                return None
            return await self._load(tx, lease, store, state)

    async def _load(
        self, tx: Transaction, lease: Lease, store: Store, state: DriftCheck
    ) -> DriftRun | Snooze | None:
        assert store.account_id is not None  # noqa: S101 - load looked
        account = await accounts.get(tx.session, store.account_id)
        blocked = await self.not_callable(tx, lease, account)
        if blocked:
            return None if blocked is True else blocked
        await imports.ensure_initial(tx.session, store, state)
        if state.page == 0:
            await unmatched.delete_obsolete(tx.session, store.id)
            now = await accounts.database_now(tx.session)
            await start_reading(tx.session, state, now)
        self.lifecycle.move(state, "running")
        assert state.started_at is not None  # noqa: S101 - it has begun
        access = open_access(self.services, lease, account)
        return DriftRun(
            services=self.services,
            lease=lease,
            store_id=store.id,
            siblings=await stores.siblings(tx.session, store),
            account_id=account.id,
            token_digest=account.token_digest,
            access=replace(access, market=market_of(store.country)),
            overwrite=store.drift == "overwrite",
            started_at=state.started_at,
            read_at=state.read_at,
            page=state.page,
        )

    async def work(self, lease: Lease, loaded: DriftRun) -> Snooze | None:
        if loaded.read_at is None:
            await _read_pages(loaded)
            return Snooze(timedelta(0))
        await missing_listings.look_up(loaded)
        orders_known = await evaluate.orders_known(loaded)
        if orders_known is None:
            return await self.wait(lease, loaded, AWAITING_ORDERS)
        await evaluate.evaluate(loaded, orders_known=orders_known)
        await titles.refresh(self.services, loaded.store_id)
        await self._finish(loaded)
        return None

    async def _finish(self, run: DriftRun) -> None:
        async with self.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            # Requests lock the store first, too.
            await stores.find_locked(tx.session, run.store_id)
            await record_connection(tx.session, run.account_id, "ok")
            state = await tx.session.get_one(
                DriftCheck, run.store_id, with_for_update=True
            )
            await evaluate.complete(tx.session, state)
            await self.end(tx.session, state, "done")
            await _record_import(tx, state)
            failpoint("drift_check.before_finish")
            await run.lease.finish(tx.session)
        failpoint("drift_check.finished")

    async def record_failure(
        self, tx: Transaction, row: DriftCheck, reason: GiveUp
    ) -> None:
        await super().record_failure(tx, row, reason)
        await _record_import(tx, row)


async def _record_import(tx: Transaction, state: DriftCheck) -> None:
    """Record that all listings were read, or why not, and wake what waits for it."""
    if state.state == "done" and state.started_at:
        await delete_unmatched(tx.session, state.store_id, state.started_at)
        await stores.note_listings_imported(tx.session, state.store_id)
    await imports.record_result(tx.session, state)
    tenant_id = await stores.tenant_of(tx.session, state.store_id)
    await listing_imports.wake_waiting(tx, state.store_id, tenant_id)


async def _read_pages(run: DriftRun) -> None:
    """Read from the next page to the last.

    Listings are sorted newest first (section 3): a listing created meanwhile moves the
    others down, so that some are read twice and none is missed.
    """
    page, has_next = run.page, True
    while has_next and page <= MAX_PAGES:
        listings: list[Listing] = []
        for _ in range(PAGES_AT_A_TIME):
            answer = await run.services.back_market.listings(run.access, page)
            listings += answer.items
            page, has_next = page + 1, answer.has_next
            if not has_next:
                break
        failpoint("drift_check.fetched")
        await _record(run, listings, page, ended=not has_next)
        failpoint("drift_check.page_written")


async def _record(
    run: DriftRun, listings: list[Listing], page: int, *, ended: bool
) -> None:
    """Store the listings and the next page; of two with one SKU the later one."""
    once_each = {sku_key(each.sku): each for each in listings if each.sku}
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await missing_listings.store_listings(
            tx.session, run.store_id, columns_of(once_each.items())
        )
        await tx.session.execute(
            text(
                "UPDATE drift_check SET page = :page, failures = 0, "
                "listings = listings + :read, reason_code = NULL, reason = NULL, "
                "read_at = CASE WHEN :ended THEN clock_timestamp() END "
                "WHERE store_id = :id"
            ),
            {
                "id": run.store_id,
                "page": page,
                "read": len(listings),
                "ended": ended or page > MAX_PAGES,
            },
        )
