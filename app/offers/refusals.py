"""Refused offers: quarantine, retry, and what a refusal records."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql
from app.offers.locks import lock_offers
from app.offers.service import sku_key

REFUSALS = load_sql(__package__, "refusals.sql")
"""Expressions over `o`, a row of `offer` of the store `:store`; see the file."""


async def release_quarantine(
    session: AsyncSession,
    store_id: UUID,
    skus: Sequence[str] | None,
    code: str | None,
) -> int:
    """Let quarantined offers be sent again; returns how many.

    By SKU, by the code of their refusal, or all where both are None.
    """
    await lock_offers(session, [store_id])
    keys = None if skus is None else [sku_key(sku) for sku in skus]
    values = {"store": store_id, "skus": keys, "code": code}
    return len((await session.execute(text(REFUSALS["release"]), values)).all())


async def clear_resolved_errors(session: AsyncSession, store_id: UUID) -> None:
    """Clear the error of offers that no longer differ from their live state."""
    await session.execute(text(REFUSALS["clear_resolved"]), {"store": store_id})


async def refusal_state(session: AsyncSession, store_id: UUID, key: str) -> Any:  # noqa: ANN401 - a row
    """Whether the offer is `quarantined`, and whether it `awaits_retry`."""
    values = {"store": store_id, "key": key}
    return (await session.execute(text(REFUSALS["state"]), values)).one()
