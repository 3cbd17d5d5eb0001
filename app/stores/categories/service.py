"""Queries the stored categories: their state, leaves and attributes.

Nothing here sends a request to Back Market.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.backmarket.markets import Environment, Platform, market_of
from app.backmarket.wire.categories import Attribute, CategoryAttributeType
from app.core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from app.stores.categories.models import CategoryNode, CategorySnapshot
from app.stores.categories.nodes import Node, leaves_below, most_similar, normalize_name
from app.stores.categories.product_attributes import of_category, product_attributes
from app.stores.channel import ChannelAttribute

MAX_LEAVES = 20
MAX_ERRORS = 20
"""How many wrong categories of one request are reported."""


class SnapshotKey(NamedTuple):
    """Identifies a snapshot."""

    platform: Platform
    environment: Environment
    locale: str


def snapshot_key(country: str, environment: Environment) -> SnapshotKey:
    """The key of a country's snapshot, in its language."""
    market = market_of(country)
    return SnapshotKey(market.platform, environment, market.locale)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category that products belong to, and their attributes there."""

    id: int
    name: str
    path: str
    attributes: tuple[ChannelAttribute, ...]


async def find_snapshot(
    session: AsyncSession, platform: str, environment: str, locale: str
) -> CategorySnapshot | None:
    """The row of a snapshot that was requested at least once, fetched or not."""
    found = await session.execute(
        select(CategorySnapshot).where(
            CategorySnapshot.platform == platform,
            CategorySnapshot.environment == environment,
            CategorySnapshot.locale == locale,
        )
    )
    return found.scalar_one_or_none()


async def _fetched(session: AsyncSession, name: SnapshotKey) -> CategorySnapshot | None:
    snapshot = await find_snapshot(session, *name)
    return snapshot if snapshot and snapshot.fetched_at else None


def is_stale(snapshot: CategorySnapshot, interval: timedelta, now: datetime) -> bool:
    """Whether the last refresh failed, or is older than two intervals."""
    if snapshot.fetched_at is None:
        return False
    return snapshot.error_code is not None or now - snapshot.fetched_at > 2 * interval


async def leaves(
    session: AsyncSession, platform: str, environment: str, locale: str
) -> dict[int, Leaf]:
    """Every leaf by its `marketplace_category_id`; empty before the first fetch."""
    snapshot = await find_snapshot(session, platform, environment, locale)
    if snapshot is None:
        return {}
    found = await session.execute(
        select(CategoryNode)
        .where(CategoryNode.snapshot_id == snapshot.id, col(CategoryNode.is_leaf))
        .order_by(col(CategoryNode.position))
    )
    return {
        row.category_id: Leaf(
            row.category_id, row.name, row.path, _attributes(row.attributes)
        )
        for row in found.scalars()
    }


async def _node(
    session: AsyncSession, snapshot: CategorySnapshot, category_id: int
) -> CategoryNode | None:
    found = await session.execute(
        select(CategoryNode).where(
            CategoryNode.snapshot_id == snapshot.id,
            CategoryNode.category_id == category_id,
        )
    )
    return found.scalar_one_or_none()


def _attributes(stored: Sequence[Mapping[str, Any]]) -> tuple[ChannelAttribute, ...]:
    return tuple(
        of_category(
            Attribute(
                entry["field"],
                entry["label"],
                CategoryAttributeType(entry["type"]),
                tuple(entry["allowed_values"]),
                entry["required"],
            )
        )
        for entry in stored
    )


async def categories(  # noqa: PLR0913 - the filters of a list, by name
    session: AsyncSession,
    name: SnapshotKey,
    *,
    query_words: str | None,
    leaf: bool | None,
    after: int | None,
    limit: int,
) -> Sequence[CategoryNode]:
    """Categories in depth-first order whose path contains all words."""
    snapshot = await _fetched(session, name)
    if snapshot is None:
        return []
    query = (
        select(CategoryNode)
        .where(CategoryNode.snapshot_id == snapshot.id)
        .order_by(col(CategoryNode.position))
        .limit(limit + 1)
    )
    for word in normalize_name(query_words or "").split():
        query = query.where(func.strpos(CategoryNode.search, word) > 0)
    if leaf is not None:
        query = query.where(col(CategoryNode.is_leaf).is_(leaf))
    if after is not None:
        query = query.where(col(CategoryNode.position) > after)
    return (await session.execute(query)).scalars().all()


async def attributes_of(
    session: AsyncSession, name: SnapshotKey, category_id: int
) -> tuple[ChannelAttribute, ...]:
    """All attributes of a product of this leaf, the general ones first.

    Raises ConflictError before the first fetch, NotFoundError for a category that the
    snapshot does not have, InvalidError that names leaves for a branch.
    """
    snapshot = await _fetched(session, name)
    if snapshot is None:
        raise ConflictError(
            "The categories have not been fetched yet. They are fetched when a store "
            f"of this platform and environment has a token ({', '.join(name)}).",
            code="categories_not_fetched",
        )
    node = await _node(session, snapshot, category_id)
    if node is None:
        raise NotFoundError("Category not found at Back Market.")
    if not node.is_leaf:
        nodes = await _nodes(session, snapshot)
        message = f"{node.path} is a branch; products belong to its leaves."
        accepted = _join_leaves(leaves_below(category_id, nodes, MAX_LEAVES))
        raise InvalidError(
            message,
            code="not_a_leaf",
            errors=[FieldError("category", "not_a_leaf", message, accepted)],
        )
    return product_attributes(_attributes(node.attributes))


async def _nodes(session: AsyncSession, snapshot: CategorySnapshot) -> list[Node]:
    """All categories in depth-first order, without attributes."""
    rows = await session.execute(
        text(
            "SELECT category_id, parent_id, name, path, is_leaf "
            "FROM category_node WHERE snapshot_id = :snapshot ORDER BY position"
        ),
        {"snapshot": snapshot.id},
    )
    return [Node(*row) for row in rows]


def _join_leaves(nodes: Sequence[Node]) -> str | None:
    return ", ".join(f"{node.id} ({node.path})" for node in nodes) or None


async def find_non_leaves(
    session: AsyncSession, name: SnapshotKey, category_ids: Collection[int]
) -> set[int]:
    """The categories that are unknown or not a leaf; none before the first fetch."""
    snapshot = await _fetched(session, name) if category_ids else None
    if snapshot is None:
        return set()
    found = await session.execute(
        select(CategoryNode.category_id).where(
            CategoryNode.snapshot_id == snapshot.id,
            col(CategoryNode.is_leaf),
            col(CategoryNode.category_id).in_(set(category_ids)),
        )
    )
    return set(category_ids) - set(found.scalars())


async def require_leaves(
    session: AsyncSession, name: SnapshotKey, targets: Sequence[tuple[str, int]]
) -> None:
    """Raise InvalidError naming the items whose category is not a leaf.

    `targets` are pairs of a source category and the category it is mapped to.
    """
    wrong = await find_non_leaves(session, name, {each for _, each in targets})
    if not wrong:
        return
    snapshot = await _fetched(session, name)
    nodes = await _nodes(session, snapshot) if snapshot else []
    items = [
        (number, source, category_id)
        for number, (source, category_id) in enumerate(targets)
        if category_id in wrong
    ]
    errors = await asyncio.to_thread(leaf_errors, items[:MAX_ERRORS], nodes)
    more = f"; the first {MAX_ERRORS} are named" if len(items) > len(errors) else ""
    raise InvalidError(
        f"{len(items)} of the categories are not a leaf at Back Market{more}.",
        code=errors[0].code,
        errors=errors,
    )


def leaf_errors(
    items: Sequence[tuple[int, str, int]], nodes: Sequence[Node]
) -> list[FieldError]:
    """The errors of items of (number, source category, category id). Pure.

    `accepted` names the leaves of a branch, or the leaves similar to the source.
    """
    by_id = {node.id: node for node in nodes}
    leaf_paths = {node.id: node.path for node in nodes if node.is_leaf}
    errors = []
    for number, source, category_id in items:
        if branch := by_id.get(category_id):
            code, message = "not_a_leaf", f"{branch.path} is a branch, not a leaf."
            proposed = leaves_below(category_id, nodes, MAX_LEAVES)
        else:
            code = "unknown_category"
            message = f"Back Market has no category {category_id}."
            proposed = [by_id[each] for each in most_similar(source, leaf_paths)]
        accepted = _join_leaves(proposed) or (
            "the `id` of a leaf: GET /v1/channel/categories?leaf=true"
        )
        field = f"items.{number}.category_id"
        errors.append(FieldError(field, code, message, accepted))
    return errors
