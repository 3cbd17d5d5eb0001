"""Reads and writes a store's offers on behalf of other packages."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

AWAITING_VALIDATION = 1
"""Awaiting validation by staff (Back Market API, `publication_state`)."""


def sku_key(sku: str) -> str:
    """Normalize a SKU for comparison: trimmed, lower case."""
    return sku.strip().lower()


async def has_stock_online(session: AsyncSession, store_id: UUID) -> bool:
    """Whether a listing of the store has a quantity above 0, as far as we know."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM offer WHERE store_id = :id "
            "AND listed AND live_quantity > 0)"
        ),
        {"id": store_id},
    )
    return bool(found)


async def detach_listings(session: AsyncSession, store_id: UUID) -> None:
    """Forget which offers are listed: the store moves to another seller account."""
    for statement in (
        "DELETE FROM offer WHERE store_id = :id AND desired_state = 'unmatched'",
        "UPDATE offer SET listed = false WHERE store_id = :id AND listed",
    ):
        await session.execute(text(statement), {"id": store_id})


async def awaiting_validation(session: AsyncSession, store_id: UUID) -> set[str]:
    """SKU keys of listed offers whose product Back Market has not validated yet."""
    found = await session.execute(
        text(
            "SELECT sku_key FROM offer WHERE store_id = :store AND listed "
            "AND publication_state = :waiting"
        ),
        {"store": store_id, "waiting": AWAITING_VALIDATION},
    )
    return set(found.scalars())


async def set_publication_states(
    session: AsyncSession, store_id: UUID, states: Mapping[str, int | None]
) -> None:
    """Set Back Market's `publication_state` by SKU key; None where it is unknown."""
    await session.execute(
        text(
            "UPDATE offer AS o SET publication_state = s.state FROM unnest("
            "CAST(:keys AS text[]), CAST(:states AS smallint[])) AS s (sku_key, state) "
            "WHERE o.store_id = :store AND o.sku_key = s.sku_key"
        ),
        {"store": store_id, "keys": list(states), "states": list(states.values())},
    )
