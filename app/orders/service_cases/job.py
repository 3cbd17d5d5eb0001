"""Fetches the service cases of a seller account, page by page.

Each page is one transaction with the next page as checkpoint. Back Market limits these
requests (`limits.py`): an account without changes needs one per interval.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountServices, open_access
from app.accounts.account_job import AccountJob
from app.accounts.models import SellerAccount
from app.backmarket import service_case_client
from app.backmarket.client import Access
from app.backmarket.errors import (
    BackMarketNotFoundError,
    PermissionRefusedError,
    RequestRefusedError,
)
from app.backmarket.wire.service_cases import ServiceCasePage
from app.core.failpoints import failpoint
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.orders.enums import SyncState
from app.orders.lifecycle import SERVICE_CASES
from app.orders.order_events import connected_at
from app.orders.service_cases.limits import wait_for_request
from app.orders.service_cases.models import ServiceCaseSync
from app.orders.service_cases.store import store_cases

log = structlog.get_logger(__name__)

OVERLAP = timedelta(days=1)
"""The filter has no time zone (section 14.23), and pages move while they are read."""
FIRST_FROM = timedelta(days=180)
MOST_PAGES = 1000
"""A list that goes on after this many pages of 10 cases counts as read."""
UNAVAILABLE_PAUSE = timedelta(days=1)
"""Not every account may read cases (section 14.22): it is tried again after this."""
_UNAVAILABLE = GiveUp(
    "service_cases_unavailable", "Back Market does not show cases to this account."
)


@dataclass(frozen=True, slots=True)
class CaseRun:
    """One execution of a fetch."""

    services: AccountServices
    lease: Lease
    account_id: UUID
    access: Access
    token_digest: str
    window_from: datetime
    page: int
    connected_at: datetime | None
    """Of the account; None once a fetch is complete."""


class ServiceCaseJob(AccountJob[CaseRun, ServiceCaseSync]):
    """Continues a fetch of cases, or starts one."""

    name = "service_cases"
    lifecycle = SERVICE_CASES
    row_type = ServiceCaseSync

    async def load(self, lease: Lease) -> CaseRun | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            account = await self.callable_account(tx, lease)
            if not isinstance(account, SellerAccount):
                return account
            row = await tx.session.get_one(ServiceCaseSync, account.id)
            now = await accounts.database_now(tx.session)
            if row.page == 0:
                since = row.high_water - OVERLAP if row.high_water else now - FIRST_FROM
                row.window_from, row.started_at, row.page = since, now, 1
            self.lifecycle.move(row, SyncState.RUNNING)
            assert row.window_from is not None  # noqa: S101 - set with the page
            return CaseRun(
                services=self.services,
                lease=lease,
                account_id=account.id,
                access=open_access(self.services, lease, account),
                token_digest=account.token_digest,
                window_from=row.window_from,
                page=row.page,
                connected_at=None if row.high_water else connected_at(account),
            )

    async def work(self, lease: Lease, loaded: CaseRun) -> Snooze | None:
        page: int | None = loaded.page
        while page:
            await wait_for_request(self.services, loaded.account_id)
            try:
                read = await service_case_client.read_page(
                    self.services.back_market, loaded.access, page, loaded.window_from
                )
            except (
                PermissionRefusedError,
                BackMarketNotFoundError,
                RequestRefusedError,
            ) as error:
                log.info("service_cases.unavailable", error=type(error).__name__)
                await self.fail(lease, _UNAVAILABLE)
                return None
            failpoint("service_cases.page_fetched")
            page = await self._store(loaded, page, read)
            failpoint("service_cases.page_written")
        return None

    async def _store(
        self, run: CaseRun, page: int, read: ServiceCasePage
    ) -> int | None:
        """Store a page and the next one to read, or the end of the fetch."""
        if read.unreadable:
            log.warning("service_cases.unreadable", entries=read.unreadable, page=page)
        async with self.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            await store_cases(tx.session, run.account_id, read.items, run.connected_at)
            row = await tx.session.get_one(ServiceCaseSync, run.account_id)
            if read.has_next and page < MOST_PAGES:
                row.page = page + 1
                return row.page
            row.high_water = row.started_at
            await self.end(tx.session, row, SyncState.DONE)
            await run.lease.finish(tx.session)
        return None

    async def end(
        self,
        session: AsyncSession,
        row: ServiceCaseSync,
        state: str,
        reason: GiveUp | None = None,
    ) -> None:
        """End the fetch; the next one is due after the interval."""
        await super().end(session, row, state, reason)
        row.page = 0
        pause = self.services.settings.service_cases_interval
        if reason is _UNAVAILABLE:
            pause = max(pause, UNAVAILABLE_PAUSE)
        row.next_at = await accounts.database_now(session) + pause
