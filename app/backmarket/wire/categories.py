"""Parses Back Market's category tree and the attributes of its products."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.backmarket.errors import NotUnderstoodError
from app.backmarket.wire.scalars import text, whole

_DEEPEST = 20  # three levels are documented


class CategoryAttributeType(StrEnum):
    DECIMAL = "decimal"
    INTEGER = "integer"
    TEXT = "text"
    CHOICE = "choice"


_TYPES: Mapping[int | None, CategoryAttributeType] = dict(
    enumerate(CategoryAttributeType)
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of products of a category; `field` is the CSV column."""

    field: str
    label: str
    type: CategoryAttributeType
    allowed_values: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Category:
    """A branch or a leaf; a product's `category_id` is `marketplace_category_id`."""

    category_id: int | None
    marketplace_category_id: int | None
    name: str
    is_leaf: bool
    attributes: tuple[Attribute, ...]
    children: tuple["Category", ...]


def parse_tree(answer: object) -> tuple[Category, ...]:
    """Read `GET /ws/category/tree` (Back Market API, listings, "categories").

    Raises NotUnderstoodError (effect none) if there is no list of categories.
    """
    if isinstance(answer, Mapping):
        answer = answer.get("results") or _children(answer) or [answer]
    if not isinstance(answer, list):
        raise NotUnderstoodError("Back Market's category tree is not a list.")
    return tuple(_categories(answer, _DEEPEST))


def _categories(entries: object, depth: int) -> Iterator[Category]:
    for entry in entries if isinstance(entries, list) and depth else ():
        if not isinstance(entry, Mapping):
            continue
        children = tuple(_categories(_children(entry), depth - 1))
        leaf = entry.get("is_leaf")
        yield Category(
            whole(entry.get("category_id")),
            whole(entry.get("marketplace_category_id")),
            text(entry.get("category_name")) or text(entry.get("name")) or "",
            leaf if isinstance(leaf, bool) else not children,
            tuple(_attributes(entry.get("attributes"))),
            children,
        )


def _children(entry: Mapping[str, object]) -> object:
    return entry.get("childrens") or entry.get("children")  # Back Market's plural


def _attributes(entries: object) -> Iterator[Attribute]:
    for entry in entries if isinstance(entries, list) else ():
        column = text(entry.get("field")) if isinstance(entry, Mapping) else None
        if column is None:
            continue
        yield Attribute(
            column,
            text(entry.get("field_name")) or column,
            _TYPES.get(whole(entry.get("type")), CategoryAttributeType.TEXT),
            _choices(entry.get("allowed_values")),
            entry.get("required") is True,
        )


def _choices(written: object) -> tuple[str, ...]:
    """Split the documented comma-separated text; a list is taken as it is."""
    parts = written.split(",") if isinstance(written, str) else written
    values = map(text, parts) if isinstance(parts, list) else ()
    return tuple(value for value in values if value)
