"""Fetches Back Market's categories in one language; a failure keeps the old ones."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import structlog
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.accounts import pacing
from app.accounts import service as accounts
from app.accounts.account_client import (
    AccountPausedError,
    AccountServices,
    open_access,
)
from app.accounts.models import SellerAccount
from app.backmarket.errors import (
    BackMarketError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.backmarket.markets import market_of
from app.backmarket.wire.categories import Category
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.core.vault import SecretUnreadableError
from app.database import Transaction
from app.jobs.frame import RetryingJob
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import CATEGORIES, THROTTLED, Decision, GiveUp, TryAgain
from app.stores.categories.models import CategoryNode, CategorySnapshot
from app.stores.categories.nodes import flatten, normalize_name
from app.stores.schedule import next_due

log = structlog.get_logger(__name__)

MAX_ACCOUNTS = 5
_INSERT = load_statements(__package__, "categories.sql")["insert_categories"]


class EmptyCategoriesError(BackMarketError):
    """Back Market's response has no leaf category."""

    code = "no_categories"


class NoConnectionError(BackMarketError):
    """No store of this platform and environment has a working token."""

    code = "no_connection"


@dataclass(frozen=True, slots=True)
class Refresh:
    """Categories to fetch, and the accounts whose token may be used."""

    snapshot: CategorySnapshot
    candidates: Sequence[SellerAccount]


class RefreshJob(RetryingJob[Refresh, CategorySnapshot]):
    """Fetches the categories with the token of any seller account that may.

    A failure keeps the old ones; `next_at` of the snapshot says when the next try is.
    """

    name = "categories"
    errors = (BackMarketError,)
    rescheduled = True

    def __init__(self, services: AccountServices) -> None:
        super().__init__(services.database)
        self.services = services

    async def load(self, lease: Lease) -> Refresh | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            snapshot = await tx.session.get(CategorySnapshot, lease.subject_id)
            if snapshot is None:
                await lease.finish(tx.session)
                return None
            snapshot.requested_at = utc_now()
            candidates = await accounts.connected(
                tx.session, snapshot.platform, snapshot.environment, MAX_ACCOUNTS
            )
        return Refresh(snapshot, candidates)

    async def work(self, lease: Lease, loaded: Refresh) -> Snooze | None:
        try:
            categories = await _fetch_with_any(self.services, lease, loaded)
        except AccountPausedError as error:
            return Snooze(error.pause)
        content = await asyncio.to_thread(build_content, categories)
        failpoint("categories.fetched")
        await _store(self.services, lease, content)
        failpoint("categories.stored")
        return None

    def decide(self, _loaded: Refresh, error: Exception, failures: int) -> Decision:
        assert isinstance(error, BackMarketError)  # noqa: S101 - of `errors`
        return CATEGORIES.decide(failures, error.code, error.message)

    async def lock(
        self, session: AsyncSession, lease: Lease, _loaded: Refresh | None
    ) -> CategorySnapshot | None:
        return await session.get(
            CategorySnapshot, lease.subject_id, with_for_update=True
        )

    def record_wait(self, row: CategorySnapshot, reason: TryAgain) -> None:
        row.error_code, row.error = reason.code, (reason.message or "")[:500]
        row.next_at = utc_now() + reason.pause

    async def record_failure(
        self, _tx: Transaction, row: CategorySnapshot, reason: GiveUp
    ) -> None:
        """Nothing ends: the next try is later."""
        row.failures += 1
        pause = CATEGORIES.pause(row.failures)
        self.record_wait(row, TryAgain(pause, reason.code, reason.message))


async def _fetch_with_any(
    services: AccountServices, lease: Lease, refresh: Refresh
) -> tuple[Category, ...]:
    """Raises AccountPausedError, or BackMarketError when no account succeeds."""
    refused: BackMarketError = NoConnectionError()
    for account in refresh.candidates:
        try:
            return await _fetch(services, lease, refresh.snapshot, account)
        except (TokenRefusedError, PermissionRefusedError) as error:
            refused = error
            async with services.database.transaction() as tx:
                await tx.enqueue(JobKind.CHECK_CONNECTION, account.id, account.id)
        except SecretUnreadableError as error:
            log.warning("categories.secret_unreadable", account_id=str(account.id))
            refused = NoConnectionError(str(error))
    raise refused


async def _fetch(
    services: AccountServices,
    lease: Lease,
    snapshot: CategorySnapshot,
    account: SellerAccount,
) -> tuple[Category, ...]:
    """Each request counts against the account's rate limit (Back Market API, limits).

    Raises AccountPausedError, LeaseLostError, SecretUnreadableError.
    """
    access = open_access(services, lease, account)
    try:
        return await services.back_market.category_tree(
            replace(access, market=market_of(snapshot.locale))
        )
    except ThrottledError as error:
        pause = THROTTLED.pause(1, error.retry_after)
        async with services.database.transaction() as tx:
            await pacing.pause(tx.session, account.id, pause)
        raise


@dataclass(frozen=True, slots=True)
class Content:
    """The categories as JSON, with the digest by which a change is detected."""

    nodes: str
    digest: str
    count: int


def build_content(categories: Sequence[Category]) -> Content:
    """Raises EmptyCategoriesError: an empty response must not replace a snapshot."""
    nodes = flatten(categories)
    if not any(node.is_leaf for node in nodes):
        raise EmptyCategoriesError
    rows = [
        {
            "position": position,
            "category_id": node.id,
            "parent_id": node.parent_id,
            "name": node.name,
            "path": node.path,
            "search": normalize_name(node.path),
            "is_leaf": node.is_leaf,
            "attributes": [asdict(attribute) for attribute in node.attributes],
        }
        for position, node in enumerate(nodes)
    ]
    written = json.dumps(rows, ensure_ascii=False)
    return Content(written, hashlib.sha256(written.encode()).hexdigest(), len(rows))


async def _store(services: AccountServices, lease: Lease, content: Content) -> None:
    """Replace the stored categories, in one transaction."""
    async with services.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        snapshot = await tx.session.get_one(
            CategorySnapshot, lease.subject_id, with_for_update=True
        )
        changed = snapshot.digest != content.digest
        if changed:
            await tx.session.execute(
                delete(CategoryNode).where(col(CategoryNode.snapshot_id) == snapshot.id)
            )
            await tx.session.execute(
                _INSERT, {"snapshot": snapshot.id, "nodes": content.nodes}
            )
        now = utc_now()
        snapshot.digest, snapshot.fetched_at = content.digest, now
        snapshot.failures, snapshot.error_code, snapshot.error = 0, None, None
        snapshot.next_at = next_due(
            snapshot.id, services.settings.categories_interval, now
        )
        await tx.session.flush()
        failpoint("categories.before_commit")
        await lease.finish(tx.session)
    log.info("categories.fetched", categories=content.count, changed=changed)
