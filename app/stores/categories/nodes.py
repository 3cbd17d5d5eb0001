"""Flattens Back Market's category tree and finds similar names. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.backmarket.wire.categories import Attribute, Category

SEPARATOR = " > "
LONGEST_NAME = 300
MIN_SIMILARITY = 0.2
"""The least similarity of a name that is proposed."""


@dataclass(frozen=True, slots=True)
class Node:
    """A branch or leaf of the tree; `id` is Back Market's `marketplace_category_id`."""

    id: int
    parent_id: int | None
    name: str
    path: str
    is_leaf: bool
    attributes: tuple[Attribute, ...] = field(default=(), repr=False)


def flatten(categories: Iterable[Category]) -> list[Node]:
    """The tree in depth-first order, each category before its children.

    A category without an id appears only in the paths of its children. Of two
    categories with the same id the first one is used.
    """
    nodes: dict[int, Node] = {}
    for node in _walk(categories, None, ()):
        nodes.setdefault(node.id, node)
    return list(nodes.values())


def _walk(
    categories: Iterable[Category], parent_id: int | None, above: tuple[str, ...]
) -> Iterator[Node]:
    for category in categories:
        own_id = category.marketplace_category_id
        name = category.name[:LONGEST_NAME]
        path = (*above, name)
        if own_id is not None:
            yield Node(
                id=own_id,
                parent_id=parent_id,
                name=name,
                path=SEPARATOR.join(path),
                is_leaf=category.is_leaf,
                attributes=category.attributes,
            )
        below = parent_id if own_id is None else own_id
        yield from _walk(category.children, below, path)


def normalize_name(text: str) -> str:
    """A name for comparison: without accents, case and extra spaces."""
    split = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in split if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


def most_similar(text: str, paths: Mapping[int, str], limit: int = 5) -> list[int]:
    """The ids whose paths are most similar to the text, the most similar first.

    Similarity is the share of common trigrams, mainly of the last part of the path;
    ids below `MIN_SIMILARITY` are left out.
    """
    trigrams = _trigrams(text)
    scored = (
        (_similarity(trigrams, path), category_id)
        for category_id, path in paths.items()
    )
    found = sorted((-score, each) for score, each in scored if score >= MIN_SIMILARITY)
    return [category_id for _, category_id in found[:limit]]


def _similarity(trigrams: frozenset[str], path: str) -> float:
    last = _trigrams(path.rpartition(SEPARATOR)[2])
    return _overlap(trigrams, last) + _overlap(trigrams, _trigrams(path)) / 10


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def _trigrams(text: str) -> frozenset[str]:
    return frozenset(
        padded[at : at + 3]
        for word in normalize_name(text).split()
        for padded in [f" {word} "]
        for at in range(len(padded) - 2)
    )


def leaves_below(
    category_id: int, nodes: Sequence[Node], limit: int = 20
) -> list[Node]:
    """The first leaves of a branch; `nodes` are in depth-first order."""
    inside = {category_id}
    found = []
    for node in nodes:
        if node.parent_id in inside:
            inside.add(node.id)
            if node.is_leaf:
                found.append(node)
    return found[:limit]
