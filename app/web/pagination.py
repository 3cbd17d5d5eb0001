"""Cursor pages: `{items, next}`, where `next` is an opaque position."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.core.errors import FieldError, InvalidError

MAX_LIMIT = 1000

Limit = Annotated[
    int, Query(ge=1, le=MAX_LIMIT, description="items per page, at most 1,000")
]
Cursor = Annotated[
    str | None,
    Query(max_length=1000, description="`next` of the page before; absent for first"),
]

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next` is null on the last page."""

    items: list[Item]
    next: str | None = Field(None, description="pass as `cursor`")


def encode_cursor(*key: object) -> str:
    """The position after a row with this sort key."""
    raw = json.dumps([str(part) for part in key]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(cursor: str | None, parts: int) -> tuple[str, ...] | None:
    """The sort key in a cursor. Raises InvalidError for an invalid one."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(key, list) or len(key) != parts:
        raise bad_cursor()
    if not all(isinstance(part, str) and "\0" not in part for part in key):
        raise bad_cursor()
    return tuple(key)


BIGGEST = 2**63 - 1
"""The largest number that PostgreSQL compares a key with."""


def decode_uuid(cursor: str | None) -> UUID | None:
    """The id in a cursor of a list that is sorted by id."""
    key = decode_cursor(cursor, 1)
    try:
        return UUID(key[0]) if key else None
    except ValueError as error:
        raise bad_cursor() from error


def decode_int(cursor: str | None) -> int | None:
    """The number in a cursor of a list that is sorted by a number."""
    key = decode_cursor(cursor, 1)
    return number_in(key[0]) if key else None


def number_in(part: str) -> int:
    """A part of a sort key that is a number. Raises InvalidError."""
    if not (part.isascii() and part.isdigit()) or len(part) > len(str(BIGGEST)):
        raise bad_cursor()
    if int(part) > BIGGEST:
        raise bad_cursor()
    return int(part)


def bad_cursor() -> InvalidError:
    message = "The cursor is not valid for this list."
    return InvalidError(
        message,
        code="bad_cursor",
        errors=[FieldError("cursor", "bad_cursor", message, "`next` of a page")],
    )


def page_of(
    rows: Sequence[Row],
    limit: int,
    shown: Callable[[Row], Item],
    key: Callable[[Row], tuple[object, ...]],
) -> Page[Item]:
    """A page from `limit + 1` rows: the extra row only shows that there are more."""
    more = len(rows) > limit
    kept = rows[:limit]
    return Page(
        items=[shown(row) for row in kept],
        next=encode_cursor(*key(kept[-1])) if more else None,
    )
