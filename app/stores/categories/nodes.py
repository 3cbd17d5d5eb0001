"""Back Market's tree as a flat list, searched by words and by likeness. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.backmarket.wire.categories import Attribute, Category

SEPARATOR = " > "
LONGEST_NAME = 300
ENOUGH = 0.2
"""Least likeness of a name that is worth proposing."""


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
    """The tree from top to bottom, each category before its children.

    A category without an id cannot be named: it stands in the paths of its children
    only. Of two categories with the same id the first one counts.
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


def folded(text: str) -> str:
    """How names are compared: without accents, case and spare spaces."""
    split = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in split if not unicodedata.combining(sign))
    return " ".join(plain.casefold().split())


def near(text: str, names: Mapping[int, str], most: int = 5) -> list[int]:
    """The ids whose names are most like the text, the likest first.

    Likeness is the share of three-letter pieces in common; ids that have hardly any
    are left out. A name is a path; its last part counts as much as all of it.
    """
    wanted = _pieces(text)
    scored = (
        (_likeness(wanted, name), category_id) for category_id, name in names.items()
    )
    found = sorted((-score, each) for score, each in scored if score >= ENOUGH)
    return [category_id for _, category_id in found[:most]]


def _likeness(wanted: frozenset[str], path: str) -> float:
    last = _pieces(path.rpartition(SEPARATOR)[2])
    return _overlap(wanted, last) + _overlap(wanted, _pieces(path)) / 10


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def _pieces(text: str) -> frozenset[str]:
    return frozenset(
        padded[at : at + 3]
        for word in folded(text).split()
        for padded in [f" {word} "]
        for at in range(len(padded) - 2)
    )


def leaves_below(category_id: int, nodes: Sequence[Node], most: int = 20) -> list[Node]:
    """The first leaves of a branch; `nodes` stand from top to bottom."""
    inside = {category_id}
    found = []
    for node in nodes:
        if node.parent_id in inside:
            inside.add(node.id)
            if node.is_leaf:
                found.append(node)
    return found[:most]
