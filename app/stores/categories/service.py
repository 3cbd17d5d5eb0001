"""Answers from the kept tree: its state, its categories, a leaf's attributes.

Nothing here asks Back Market. A tree is named by platform, environment and locale.
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
from app.backmarket.wire.categories import Attribute, AttributeType
from app.core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from app.stores.categories.models import CategoryNode, CategoryTree
from app.stores.categories.nodes import Node, folded, leaves_below, near
from app.stores.categories.product_attributes import of_category, product_attributes
from app.stores.channel import ChannelAttribute

LEAVES_TOLD = 20
MISTAKES_TOLD = 20
"""So many wrong categories of one request are told; the rest is the same again."""


class TreeName(NamedTuple):
    """Which tree is meant."""

    platform: Platform
    environment: Environment
    locale: str


def tree_name(country: str, environment: Environment) -> TreeName:
    """The tree of a country, in its language."""
    market = market_of(country)
    return TreeName(market.platform, environment, market.locale)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category that products attach to, and what they say there."""

    id: int
    name: str
    path: str
    attributes: tuple[ChannelAttribute, ...]


async def tree_of(
    session: AsyncSession, platform: str, environment: str, locale: str
) -> CategoryTree | None:
    """The row of a tree that was asked for at least once, fetched or not."""
    found = await session.execute(
        select(CategoryTree).where(
            CategoryTree.platform == platform,
            CategoryTree.environment == environment,
            CategoryTree.locale == locale,
        )
    )
    return found.scalar_one_or_none()


async def _fetched(session: AsyncSession, name: TreeName) -> CategoryTree | None:
    tree = await tree_of(session, *name)
    return tree if tree and tree.fetched_at else None


def is_stale(tree: CategoryTree, interval: timedelta, now: datetime) -> bool:
    """Whether the last refresh failed, or none has come for two intervals."""
    if tree.fetched_at is None:
        return False
    return tree.error_code is not None or now - tree.fetched_at > 2 * interval


async def leaves(
    session: AsyncSession, platform: str, environment: str, locale: str
) -> dict[int, Leaf]:
    """Every leaf by its `marketplace_category_id`; empty before the first fetch."""
    tree = await tree_of(session, platform, environment, locale)
    if tree is None:
        return {}
    found = await session.execute(
        select(CategoryNode)
        .where(CategoryNode.tree_id == tree.id, col(CategoryNode.is_leaf))
        .order_by(col(CategoryNode.position))
    )
    return {
        row.category_id: Leaf(
            row.category_id, row.name, row.path, _attributes(row.attributes)
        )
        for row in found.scalars()
    }


async def _node(
    session: AsyncSession, tree: CategoryTree, category_id: int
) -> CategoryNode | None:
    found = await session.execute(
        select(CategoryNode).where(
            CategoryNode.tree_id == tree.id, CategoryNode.category_id == category_id
        )
    )
    return found.scalar_one_or_none()


def _attributes(stored: Sequence[Mapping[str, Any]]) -> tuple[ChannelAttribute, ...]:
    return tuple(
        of_category(
            Attribute(
                entry["field"],
                entry["label"],
                AttributeType(entry["type"]),
                tuple(entry["allowed_values"]),
                entry["required"],
            )
        )
        for entry in stored
    )


async def categories(  # noqa: PLR0913 - the filters of a list, by name
    session: AsyncSession,
    name: TreeName,
    *,
    words: str | None,
    leaf: bool | None,
    after: int | None,
    limit: int,
) -> Sequence[CategoryNode]:
    """Categories from top to bottom whose path has all of the words."""
    tree = await _fetched(session, name)
    if tree is None:
        return []
    query = (
        select(CategoryNode)
        .where(CategoryNode.tree_id == tree.id)
        .order_by(col(CategoryNode.position))
        .limit(limit + 1)
    )
    for word in folded(words or "").split():
        query = query.where(func.strpos(CategoryNode.search, word) > 0)
    if leaf is not None:
        query = query.where(col(CategoryNode.is_leaf).is_(leaf))
    if after is not None:
        query = query.where(col(CategoryNode.position) > after)
    return (await session.execute(query)).scalars().all()


async def attributes_of(
    session: AsyncSession, name: TreeName, category_id: int
) -> tuple[ChannelAttribute, ...]:
    """All that a product of this leaf says, the general columns first.

    Raises ConflictError before the first fetch, NotFoundError for a category that the
    tree does not have, InvalidError, naming leaves, for a branch.
    """
    tree = await _fetched(session, name)
    if tree is None:
        raise ConflictError(
            "The category tree has not been fetched yet; it is as soon as a store "
            f"of this platform and environment has a token ({', '.join(name)}).",
            code="tree_not_fetched",
        )
    node = await _node(session, tree, category_id)
    if node is None:
        raise NotFoundError("Back Market's tree has no such category.")
    if not node.is_leaf:
        nodes = await _nodes(session, tree)
        message = f"{node.path} is a branch; products attach to its leaves."
        accepted = _in_words(leaves_below(category_id, nodes, LEAVES_TOLD))
        raise InvalidError(
            message,
            code="not_a_leaf",
            errors=[FieldError("category", "not_a_leaf", message, accepted)],
        )
    return product_attributes(_attributes(node.attributes))


async def _nodes(session: AsyncSession, tree: CategoryTree) -> list[Node]:
    """The whole tree from top to bottom, without attributes."""
    rows = await session.execute(
        text(
            "SELECT category_id, parent_id, name, path, is_leaf "
            "FROM category_node WHERE tree_id = :tree ORDER BY position"
        ),
        {"tree": tree.id},
    )
    return [Node(*row) for row in rows]


def _in_words(nodes: Sequence[Node]) -> str | None:
    return ", ".join(f"{node.id} ({node.path})" for node in nodes) or None


async def not_leaves(
    session: AsyncSession, name: TreeName, category_ids: Collection[int]
) -> set[int]:
    """Those of the categories that the tree has not, or not as a leaf.

    None of them before the first fetch: what is not known is not held against them.
    """
    tree = await _fetched(session, name) if category_ids else None
    if tree is None:
        return set()
    found = await session.execute(
        select(CategoryNode.category_id).where(
            CategoryNode.tree_id == tree.id,
            col(CategoryNode.is_leaf),
            col(CategoryNode.category_id).in_(set(category_ids)),
        )
    )
    return set(category_ids) - set(found.scalars())


async def check_leaves(
    session: AsyncSession, name: TreeName, wanted: Sequence[tuple[str, int]]
) -> None:
    """Raise InvalidError naming the items whose category is no leaf of the tree.

    `wanted` are pairs of a source category and the category it is mapped to.
    """
    wrong = await not_leaves(session, name, {each for _, each in wanted})
    if not wrong:
        return
    tree = await _fetched(session, name)
    nodes = await _nodes(session, tree) if tree else []
    items = [
        (number, source, category_id)
        for number, (source, category_id) in enumerate(wanted)
        if category_id in wrong
    ]
    errors = await asyncio.to_thread(mistakes, items[:MISTAKES_TOLD], nodes)
    more = f"; the first {MISTAKES_TOLD} are named" if len(items) > len(errors) else ""
    raise InvalidError(
        f"{len(items)} of the categories are no leaf of Back Market's tree{more}.",
        code=errors[0].code,
        errors=errors,
    )


def mistakes(
    items: Sequence[tuple[int, str, int]], nodes: Sequence[Node]
) -> list[FieldError]:
    """What is wrong with items of (number, source category, category id). Pure.

    `accepted` names the leaves of a branch, or the leaves named like the source.
    """
    by_id = {node.id: node for node in nodes}
    leaf_paths = {node.id: node.path for node in nodes if node.is_leaf}
    errors = []
    for number, source, category_id in items:
        if branch := by_id.get(category_id):
            code, message = "not_a_leaf", f"{branch.path} is a branch, not a leaf."
            proposed = leaves_below(category_id, nodes, LEAVES_TOLD)
        else:
            code = "unknown_category"
            message = f"Back Market's tree has no category {category_id}."
            proposed = [by_id[each] for each in near(source, leaf_paths)]
        accepted = _in_words(proposed) or (
            "the `id` of a leaf: GET /v1/channel/categories?leaf=true"
        )
        field = f"items.{number}.category_id"
        errors.append(FieldError(field, code, message, accepted))
    return errors
