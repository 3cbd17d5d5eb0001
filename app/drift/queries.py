"""Reads drift: listing values that differ from the accepted ones."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_DRIFT = text(
    """
    SELECT k.sku_key, o.sku, e.key AS field, e.value AS told
      FROM offer_check_view AS k
      JOIN offer_view AS o ON o.store_id = k.store_id AND o.sku_key = k.sku_key,
           jsonb_each(k.drift) AS e
     WHERE k.store_id = :store AND k.drift IS NOT NULL
       AND k.sku_key >= :sku_key AND (k.sku_key, e.key COLLATE "C") > (:sku_key, :field)
       AND (CAST(:kind AS text) IS NULL OR e.value ->> 'kind' = :kind)
     ORDER BY k.sku_key, e.key COLLATE "C" LIMIT :limit
    """
)


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
