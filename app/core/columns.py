"""Column types that all tables share: ids, UTC times, JSON, exact money."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

UTC_TIME = DateTime(timezone=True)
MONEY = Numeric(12, 2)
KEY = String(collation="C")
"""Text compared in byte order, independent of the database's locale."""


def new_id() -> UUID:
    """A UUID version 7 (RFC 9562), which sorts by creation time."""
    return uuid7()


def utc_now() -> datetime:
    return datetime.now(UTC)


def progress_field() -> Any:  # noqa: ANN401 - as below
    """A version that a trigger increments with each change; never written by code."""
    return Field(
        default=1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")}
    )


def id_field() -> Any:  # noqa: ANN401 - SQLModel's Field is Any by design
    return Field(default_factory=new_id, primary_key=True)


def time_field(*, default_now: bool = False) -> Any:  # noqa: ANN401 - as above
    if default_now:
        return Field(default_factory=utc_now, sa_type=UTC_TIME)
    return Field(default=None, sa_type=UTC_TIME)


def json_field(*, default: Any = None, filled: str | None = None) -> Any:  # noqa: ANN401 - as above
    """`filled`: what the database puts there where an older release writes the row."""
    if default is None:
        return Field(default=None, sa_type=JSONB)
    there = {"server_default": text(filled)} if filled else {}
    return Field(default_factory=default, sa_type=JSONB, sa_column_kwargs=there)
