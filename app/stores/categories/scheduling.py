"""Asks for trees: when a token is set, by schedule, and when a token works again."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.columns import new_id, utc_now
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.jobs.retry import CATEGORIES
from app.stores.categories.models import CategoryTree
from app.stores.categories.service import TreeName
from app.stores.schedule import next_due

DUE_AT_A_TIME = 100


async def want(tx: Transaction, name: TreeName) -> None:
    """A store needs this tree: fetch it now, unless it is there and sound."""
    await tx.session.execute(
        insert(CategoryTree)
        .values(
            id=new_id(),
            platform=name.platform,
            environment=name.environment,
            locale=name.locale,
            next_at=utc_now() + CATEGORIES.pauses[-1],
            failures=0,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing()
    )
    needed = await tx.session.scalar(
        select(CategoryTree.id).where(
            CategoryTree.platform == name.platform,
            CategoryTree.environment == name.environment,
            CategoryTree.locale == name.locale,
            col(CategoryTree.fetched_at).is_(None)
            | col(CategoryTree.error_code).is_not(None),
        )
    )
    if needed:
        await tx.enqueue(JobKind.REFRESH_TREE, needed)


async def request_for_account(tx: Transaction, account_id: UUID) -> None:
    """A token works again: fetch what could not be fetched without it."""
    found = await tx.session.execute(
        text(
            "SELECT t.id FROM category_tree AS t JOIN seller_account AS a "
            "ON a.platform = t.platform AND a.environment = t.environment "
            "WHERE a.id = :id AND (t.fetched_at IS NULL OR t.error_code IS NOT NULL) "
            "ORDER BY t.id"
        ),
        {"id": account_id},
    )
    for tree_id in found.scalars().all():
        await tx.enqueue(JobKind.REFRESH_TREE, tree_id)


async def request_due(tx: Transaction, interval: timedelta) -> int:
    """Ask for the trees whose time has come; returns how many."""
    found = await tx.session.execute(
        select(CategoryTree)
        .where(col(CategoryTree.next_at) <= utc_now())
        .order_by(col(CategoryTree.next_at))
        .limit(DUE_AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    trees = found.scalars().all()
    for tree in trees:
        tree.next_at = next_due(tree.id, interval, utc_now())
        await tx.enqueue(JobKind.REFRESH_TREE, tree.id)
    return len(trees)
