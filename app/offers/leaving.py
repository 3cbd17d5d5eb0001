"""Which listings of a store go to 0 when it leaves its country, and which stay."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql

LEAVING = load_sql(__package__, "leaving.sql")
"""Expressions over `o`, an offer of the store `:store`, and statements; see the file.

`:siblings` are the stores of the account that did not leave with `zero` themselves.
"""


async def any_to_zero(
    session: AsyncSession, store_id: UUID, siblings: Sequence[UUID]
) -> bool:
    """Whether a listing of the store is online that no sibling sells."""
    values = {"store": store_id, "siblings": list(siblings)}
    return bool(await session.scalar(text(LEAVING["any_to_zero"]), values))


async def count_online(
    session: AsyncSession, store_id: UUID, siblings: Sequence[UUID]
) -> Any:  # noqa: ANN401 - a row
    """Numbers of listings: `online`, and of those what stays and why."""
    values = {"store": store_id, "siblings": list(siblings)}
    return (await session.execute(text(LEAVING["counts"]), values)).one()
