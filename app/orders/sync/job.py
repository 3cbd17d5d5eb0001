"""Fetches the orders of a seller account, page by page.

A sync reads all pages of a window of modification times. Each page is one transaction
that also stores the next page; the high-water mark moves when the sync is complete.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountServices, open_access
from app.accounts.account_job import AccountJob
from app.accounts.connection_health import record_connection
from app.accounts.models import SellerAccount
from app.backmarket import order_client
from app.backmarket.client import Access
from app.backmarket.wire.orders import OrderPage
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.lease import Lease, Snooze
from app.orders.enums import SyncState
from app.orders.lifecycle import SYNC
from app.orders.models import OrderSync
from app.orders.order_events import connected_at
from app.orders.sync import scheduling
from app.orders.sync.due_events import record_due
from app.orders.sync.paging import PageRead, PagingProgress, after_page
from app.orders.sync.single_reads import read_unseen
from app.orders.sync.sold_listings import any_to_read, read_sold
from app.orders.sync.upsert import store_orders

log = structlog.get_logger(__name__)

_RECORD_PAGE = load_statements(__package__, "job.sql")["record_page"]


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One execution of a sync job."""

    services: AccountServices
    lease: Lease
    account_id: UUID
    access: Access
    token_digest: str
    window_from: datetime | None
    progress: PagingProgress
    connected_at: datetime | None
    """Of the account; None once a sync is complete: all that is new is news."""


class OrderSyncJob(AccountJob[SyncRun, OrderSync]):
    """Continues the sync of an account, or starts one."""

    name = "orders"
    lifecycle = SYNC
    row_type = OrderSync

    async def load(self, lease: Lease) -> SyncRun | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            account = await self.callable_account(tx, lease)
            if not isinstance(account, SellerAccount):
                return account
            state = await scheduling.progress(tx.session, account.id)
            if state.page == 0:
                now = await accounts.database_now(tx.session)
                first_from = await scheduling.orders_from(tx.session, account.id)
                _begin(state, now, self.services.settings.orders_overlap, first_from)
            self.lifecycle.move(state, SyncState.RUNNING)
            return SyncRun(
                services=self.services,
                lease=lease,
                account_id=account.id,
                access=open_access(self.services, lease, account),
                token_digest=account.token_digest,
                window_from=state.window_from,
                progress=_progress(state),
                connected_at=None if state.high_water else connected_at(account),
            )

    async def work(self, lease: Lease, loaded: SyncRun) -> Snooze | None:
        await read_unseen(loaded.services, loaded.access, lease, loaded.account_id)
        await _read_pages(loaded)
        return None


def _progress(state: OrderSync) -> PagingProgress:
    return PagingProgress(
        page=state.page,
        count=state.count,
        page_missing=state.page_missing,
        missing_pages=state.missing_pages,
        count_decreases=state.count_decreases,
        rereading=state.rereading,
    )


def _begin(
    state: OrderSync,
    now: datetime,
    overlap: timedelta,
    first_from: datetime | None,
) -> None:
    """Start a sync. The overlap covers orders that changed during the last one.

    `first_from` limits syncs as long as none has read an order.
    """
    state.window_from = state.high_water - overlap if state.high_water else first_from
    state.started_at = now
    state.latest_modified_at = None
    state.page, state.count, state.page_missing = 1, None, False
    state.missing_pages, state.count_decreases, state.rereading = 0, 0, False
    state.read = state.changed = 0


async def _read_pages(run: SyncRun) -> None:
    progress: PagingProgress | None = run.progress
    while progress:
        page = await order_client.read_page(
            run.services.back_market, run.access, progress.page, run.window_from
        )
        failpoint("orders.page_fetched")
        progress = await _record(run, progress, page)
        failpoint("orders.page_written")


async def _record(
    run: SyncRun, at: PagingProgress, page: OrderPage
) -> PagingProgress | None:
    """Store a page and the next one to read, or the end of the sync."""
    if page.unreadable:
        log.warning("orders.unreadable", entries=page.unreadable, page=at.page)
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        changed = await store_orders(
            tx.session,
            run.services.vault,
            run.account_id,
            page.items,
            run.connected_at,
        )
        read = PageRead(
            orders=len(page.items) + page.unreadable,
            changed=changed,
            has_next=page.has_next,
            count=page.count,
        )
        following = after_page(at, read)
        await _note_page(tx.session, run.account_id, following, page, changed)
        ended = following is None
        uncertain = ended and await any_to_read(tx.session, run.account_id)
        if ended and not uncertain:
            await _finish(tx, run)
    if uncertain:
        await read_sold(run.services, run.access, run.lease, run.account_id)
        async with run.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            await _finish(tx, run)
    return following


async def _finish(tx: Transaction, run: SyncRun) -> None:
    await record_connection(tx.session, run.account_id, "ok")
    await record_due(tx.session, run.account_id)
    if await _complete(tx.session, run.account_id):
        await scheduling.request(tx, run.account_id)
    await scheduling.request_automations(tx, run.account_id)
    await scheduling.request_service_cases(tx, run.account_id)
    failpoint("orders.before_finish")
    await run.lease.finish(tx.session)


async def _note_page(
    session: AsyncSession,
    account_id: UUID,
    following: PagingProgress | None,
    page: OrderPage,
    changed: int,
) -> None:
    modified = [order.modified_at for order in page.items if order.modified_at]
    at = following or PagingProgress(page=0)
    await session.execute(
        _RECORD_PAGE,
        {
            "id": account_id,
            **asdict(at),
            "read": len(page.items),
            "changed": changed,
            "latest": max(modified, default=None),
        },
    )


async def _complete(session: AsyncSession, account_id: UUID) -> bool:
    """Move the high-water mark; True if another sync was requested since the start.

    Never past the start of the sync: what changed meanwhile is read again.
    """
    again = await session.scalar(
        text(
            "UPDATE order_sync SET state = 'done', finished_at = clock_timestamp(), "
            "high_water = CASE WHEN latest_modified_at IS NULL THEN high_water "
            "ELSE greatest(high_water, least(latest_modified_at, started_at)) END "
            "WHERE account_id = :id AND state = 'running' "
            "RETURNING requested_at > started_at"
        ),
        {"id": account_id},
    )
    return bool(again)
