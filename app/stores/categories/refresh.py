"""Fetches one tree. One that cannot be fetched stays as it was, and says why."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

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
from app.core.vault import SecretUnreadableError, Vault
from app.database import Database
from app.jobs.frame import GiveUp
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import CATEGORIES, THROTTLED
from app.settings import Settings
from app.stores.categories.models import CategoryNode, CategoryTree
from app.stores.categories.nodes import flatten, folded
from app.stores.schedule import next_due

log = structlog.get_logger(__name__)

LONGEST_TURN = timedelta(seconds=5)
"""How long the request may wait for its turn inside the job; else the job rests."""
ACCOUNTS_TRIED = 5


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors of a worker that a refresh needs."""

    settings: Settings
    database: Database
    back_market: BackMarket
    vault: Vault


class AccountRestsError(Exception):
    """The seller account may not be used now; come back after `pause`."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__("the seller account rests")
        self.pause = pause


class NoTreeError(BackMarketError):
    """Back Market's answer has no category that products attach to."""

    code = "empty_tree"


class NoConnectionError(BackMarketError):
    """No store of this platform and environment has a token that works."""

    code = "no_connection"


async def refresh(tools: Tools, lease: Lease) -> Snooze | None:
    """Fetch one tree with the token of any seller account that may ask for it."""
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        tree = await tx.session.get(CategoryTree, lease.subject_id)
        if tree is None:
            await lease.finish(tx.session)
            return None
        tree.requested_at = utc_now()
        candidates = await _candidates(tx.session, tree)
    try:
        categories = await _fetch_with_any(tools, lease, tree, candidates)
        content = await asyncio.to_thread(content_of, categories)
    except AccountRestsError as error:
        return Snooze(error.pause)
    except BackMarketError as error:
        await _note_failure(tools, lease, error.code, error.message)
        return None
    failpoint("tree.fetched")
    await _keep(tools, lease, content)
    failpoint("tree.kept")
    return None


async def _candidates(
    session: AsyncSession, tree: CategoryTree
) -> Sequence[SellerAccount]:
    """Accounts of stores whose token is not known to be bad; the rested ones first."""
    found = await session.execute(
        select(SellerAccount)
        .where(
            SellerAccount.platform == tree.platform,
            SellerAccount.environment == tree.environment,
            col(SellerAccount.connection).in_(["ok", "unknown"]),
            text("EXISTS (SELECT 1 FROM store WHERE account_id = seller_account.id)"),
        )
        .order_by(
            text("greatest(paused_until, now())"),
            text("connection = 'ok' DESC"),
            col(SellerAccount.id),
        )
        .limit(ACCOUNTS_TRIED)
    )
    return found.scalars().all()


async def _fetch_with_any(
    tools: Tools, lease: Lease, tree: CategoryTree, candidates: Sequence[SellerAccount]
) -> tuple[Category, ...]:
    """Raises AccountRestsError, or BackMarketError for the reason it cannot be had."""
    refused: BackMarketError = NoConnectionError()
    for account in candidates:
        try:
            return await _fetch(tools, lease, tree, account)
        except (TokenRefusedError, PermissionRefusedError) as error:
            refused = error
            async with tools.database.transaction() as tx:
                await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
        except SecretUnreadableError as error:
            log.warning("tree.secret_unreadable", account_id=str(account.id))
            refused = NoConnectionError(str(error))
    raise refused


async def _fetch(
    tools: Tools, lease: Lease, tree: CategoryTree, account: SellerAccount
) -> tuple[Category, ...]:
    async def before_request(_method: str, _path: str) -> None:
        await _wait_for_turn(tools, lease, account)

    access = Access(
        platform=Platform(account.platform),
        environment=Environment(account.environment),
        token=accounts.open_token(tools.vault, account),
        market=market_of(tree.locale),
        before_request=before_request,
    )
    try:
        return await tools.back_market.category_tree(access)
    except ThrottledError as error:
        pause = THROTTLED.pause(1, error.retry_after)
        async with tools.database.transaction() as tx:
            await accounts.pause(tx.session, account.id, pause)
        raise


async def _wait_for_turn(tools: Tools, lease: Lease, account: SellerAccount) -> None:
    """The tree counts as one of the few requests in 10 s (Back Market API, limits).

    Raises AccountRestsError, LeaseLostError.
    """
    rate = accounts.limits_of(account, tools.settings).requests_per_10s
    async with tools.database.transaction() as tx:
        wait = await accounts.take_turn(tx.session, account.id, rate, LONGEST_TURN)
    if wait > LONGEST_TURN:
        raise AccountRestsError(wait)
    if wait:
        await asyncio.sleep(wait.total_seconds())
    lease.check()


@dataclass(frozen=True, slots=True)
class Content:
    """A tree as it is stored, and what tells it from another one."""

    nodes: str
    digest: str
    count: int


def content_of(categories: Sequence[Category]) -> Content:
    """Raises NoTreeError: an empty answer must not replace a tree."""
    nodes = flatten(categories)
    if not any(node.is_leaf for node in nodes):
        raise NoTreeError
    rows = [
        {
            "position": position,
            "category_id": node.id,
            "parent_id": node.parent_id,
            "name": node.name,
            "path": node.path,
            "search": folded(node.path),
            "is_leaf": node.is_leaf,
            "attributes": [asdict(attribute) for attribute in node.attributes],
        }
        for position, node in enumerate(nodes)
    ]
    written = json.dumps(rows, ensure_ascii=False)
    return Content(written, hashlib.sha256(written.encode()).hexdigest(), len(rows))


_INSERT = text(
    """
    INSERT INTO category_node (tree_id, position, category_id, parent_id, name, path,
                               search, is_leaf, attributes)
    SELECT :tree, n.position, n.category_id, n.parent_id, n.name, n.path, n.search,
           n.is_leaf, n.attributes
      FROM jsonb_to_recordset(CAST(:nodes AS jsonb)) AS n(
           position int, category_id bigint, parent_id bigint, name text, path text,
           search text, is_leaf boolean, attributes jsonb)
    """
)


async def _keep(tools: Tools, lease: Lease, content: Content) -> None:
    """Put the new tree in the place of the old one, in one transaction."""
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        tree = await tx.session.get_one(
            CategoryTree, lease.subject_id, with_for_update=True
        )
        changed = tree.digest != content.digest
        if changed:
            await tx.session.execute(
                text(f"DELETE FROM {CategoryNode.__tablename__} WHERE tree_id = :tree"),  # noqa: S608 - a constant
                {"tree": tree.id},
            )
            await tx.session.execute(_INSERT, {"tree": tree.id, "nodes": content.nodes})
        now = utc_now()
        tree.digest, tree.fetched_at = content.digest, now
        tree.failures, tree.error_code, tree.error = 0, None, None
        tree.next_at = next_due(tree.id, tools.settings.tree_interval, now)
        await tx.session.flush()
        failpoint("tree.before_commit")
        await lease.finish(tx.session)
    log.info("tree.fetched", categories=content.count, changed=changed)


async def _note_failure(tools: Tools, lease: Lease, code: str, message: str) -> None:
    """The old tree stays; say why, and try again after a while."""
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        tree = await tx.session.get_one(
            CategoryTree, lease.subject_id, with_for_update=True
        )
        tree.failures += 1
        pause = CATEGORIES.pause(tree.failures)
        tree.error_code, tree.error = code, message[:500]
        tree.next_at = utc_now() + pause
        await tx.session.flush()
        await lease.finish(tx.session)
    log.warning("tree.not_fetched", code=code, again_in_s=pause.total_seconds())


async def give_up(tools: Tools, lease: Lease, reason: GiveUp) -> None:
    """Keep the stored categories; record why the refresh was given up."""
    await _note_failure(tools, lease, reason.code, reason.message)
