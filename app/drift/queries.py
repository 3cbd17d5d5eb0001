"""Reads drift: listing values that differ from the accepted ones."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements

_DRIFT = load_statements(__package__, "queries.sql")["drift"]


async def drift(
    session: AsyncSession,
    store_id: UUID,
    kind: str | None,
    after: tuple[str, ...] | None,
    limit: int,
) -> Sequence[Any]:
    """Drifted fields by SKU and field."""
    sku_key, field = after or ("", "")
    rows = await session.execute(
        _DRIFT,
        {
            "store": store_id,
            "kind": kind,
            "sku_key": sku_key,
            "field": field,
            "limit": limit + 1,
        },
    )
    return rows.all()
