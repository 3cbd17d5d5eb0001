"""Releases offers from quarantine, so that the next run sends them again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.offers.locks import lock_offers
from app.publications.refusals_sql import QUARANTINED

# The refusal is kept; only its count is reset.
_RELEASE = text(
    f"""
    UPDATE offer SET error_count = 0
     WHERE store_id = :store AND sku_key IN (
       SELECT o.sku_key FROM offer_view AS o
        WHERE o.store_id = :store AND o.in_error AND {QUARANTINED}
          AND (CAST(:skus AS text[]) IS NULL OR o.sku_key = ANY(:skus))
          AND (CAST(:code AS text) IS NULL OR o.error_code = :code))
    RETURNING 1
    """  # noqa: S608 - constants
)


async def release(
    session: AsyncSession,
    store_id: UUID,
    skus: Sequence[str] | None,
    code: str | None,
) -> int:
    """Release offers by SKU, by the code of their refusal, or all; returns how many."""
    await lock_offers(session, [store_id])
    keys = None if skus is None else [sku.strip().lower() for sku in skus]
    values = {"store": store_id, "skus": keys, "code": code}
    return len((await session.execute(_RELEASE, values)).all())
