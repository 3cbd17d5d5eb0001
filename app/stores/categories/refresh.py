"""Fetches Back Market's categories in one language; a failure keeps the old ones."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from sqlalchemy import delete
from sqlmodel import col

from app.accounts import service as accounts
from app.accounts.models import SellerAccount
from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import (
    BackMarketError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.backmarket.markets import Environment, Platform, market_of
from app.backmarket.wire.categories import Category
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.core.vault import SecretUnreadableError, Vault
from app.database import Database
from app.jobs.frame import GiveUp
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import CATEGORIES, THROTTLED
from app.settings import Settings
from app.stores.categories.models import CategoryNode, CategorySnapshot
from app.stores.categories.nodes import flatten, normalize_name
from app.stores.schedule import next_due

log = structlog.get_logger(__name__)

MAX_RATE_LIMIT_WAIT = timedelta(seconds=5)
"""How long the request may wait for the rate limit inside the job; else it retries."""
MAX_ACCOUNTS = 5
_INSERT = load_statements(__package__, "categories.sql")["insert_categories"]


@dataclass(frozen=True, slots=True)
class RefreshContext:
    """What a refresh needs from the worker."""

    settings: Settings
    database: Database
    back_market: BackMarket
    vault: Vault


class AccountsPausedError(Exception):
    """The seller account is paused; retry after `pause`."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__("the seller account is paused")
        self.pause = pause


class EmptyCategoriesError(BackMarketError):
    """Back Market's response has no leaf category."""

    code = "no_categories"


class NoConnectionError(BackMarketError):
    """No store of this platform and environment has a working token."""

    code = "no_connection"


async def refresh(context: RefreshContext, lease: Lease) -> Snooze | None:
    """Fetch the categories with the token of any seller account that is allowed to."""
    async with context.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        snapshot = await tx.session.get(CategorySnapshot, lease.subject_id)
        if snapshot is None:
            await lease.finish(tx.session)
            return None
        snapshot.requested_at = utc_now()
        candidates = await accounts.connected(
            tx.session, snapshot.platform, snapshot.environment, MAX_ACCOUNTS
        )
    try:
        categories = await _fetch_with_any(context, lease, snapshot, candidates)
        content = await asyncio.to_thread(build_content, categories)
    except AccountsPausedError as error:
        return Snooze(error.pause)
    except BackMarketError as error:
        await _record_failure(context, lease, error.code, error.message)
        return None
    failpoint("categories.fetched")
    await _store(context, lease, content)
    failpoint("categories.stored")
    return None


async def _fetch_with_any(
    context: RefreshContext,
    lease: Lease,
    snapshot: CategorySnapshot,
    candidates: Sequence[SellerAccount],
) -> tuple[Category, ...]:
    """Raises AccountsPausedError, or BackMarketError when no account succeeds."""
    refused: BackMarketError = NoConnectionError()
    for account in candidates:
        try:
            return await _fetch(context, lease, snapshot, account)
        except (TokenRefusedError, PermissionRefusedError) as error:
            refused = error
            async with context.database.transaction() as tx:
                await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
        except SecretUnreadableError as error:
            log.warning("categories.secret_unreadable", account_id=str(account.id))
            refused = NoConnectionError(str(error))
    raise refused


async def _fetch(
    context: RefreshContext,
    lease: Lease,
    snapshot: CategorySnapshot,
    account: SellerAccount,
) -> tuple[Category, ...]:
    async def before_request(_method: str, _path: str) -> None:
        await _wait_for_rate_limit(context, lease, account)

    access = Access(
        platform=Platform(account.platform),
        environment=Environment(account.environment),
        token=accounts.open_token(context.vault, account),
        market=market_of(snapshot.locale),
        before_request=before_request,
    )
    try:
        return await context.back_market.category_tree(access)
    except ThrottledError as error:
        pause = THROTTLED.pause(1, error.retry_after)
        async with context.database.transaction() as tx:
            await accounts.pause(tx.session, account.id, pause)
        raise


async def _wait_for_rate_limit(
    context: RefreshContext, lease: Lease, account: SellerAccount
) -> None:
    """The request counts against the rate limit (Back Market API, limits).

    Raises AccountsPausedError, LeaseLostError.
    """
    rate = accounts.limits_of(account, context.settings).requests_per_10s
    async with context.database.transaction() as tx:
        wait = await accounts.reserve_request(
            tx.session, account.id, rate, MAX_RATE_LIMIT_WAIT
        )
    if wait > MAX_RATE_LIMIT_WAIT:
        raise AccountsPausedError(wait)
    if wait:
        await asyncio.sleep(wait.total_seconds())
    lease.check()


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


async def _store(context: RefreshContext, lease: Lease, content: Content) -> None:
    """Replace the stored categories, in one transaction."""
    async with context.database.transaction() as tx:
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
            snapshot.id, context.settings.categories_interval, now
        )
        await tx.session.flush()
        failpoint("categories.before_commit")
        await lease.finish(tx.session)
    log.info("categories.fetched", categories=content.count, changed=changed)


async def _record_failure(
    context: RefreshContext, lease: Lease, code: str, message: str
) -> None:
    """Keep the old categories, record the error and schedule a retry."""
    async with context.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        snapshot = await tx.session.get_one(
            CategorySnapshot, lease.subject_id, with_for_update=True
        )
        snapshot.failures += 1
        pause = CATEGORIES.pause(snapshot.failures)
        snapshot.error_code, snapshot.error = code, message[:500]
        snapshot.next_at = utc_now() + pause
        await tx.session.flush()
        await lease.finish(tx.session)
    log.warning(
        "categories.refresh_failed", code=code, again_in_s=pause.total_seconds()
    )


async def give_up(context: RefreshContext, lease: Lease, reason: GiveUp) -> None:
    """Keep the stored categories and record why the refresh was given up."""
    await _record_failure(context, lease, reason.code, reason.message)
