"""What other packages ask of a store's offers as a whole."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def has_stock_online(session: AsyncSession, store_id: UUID) -> bool:
    """Whether a listing of the store has a quantity above 0, as far as we know."""
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM offer WHERE store_id = :id "
            "AND listed AND accepted_quantity > 0)"
        ),
        {"id": store_id},
    )
    return bool(found)


async def detach_listings(session: AsyncSession, store_id: UUID) -> None:
    """Forget which offers are listed: the store moves to another seller account."""
    await session.execute(
        text("UPDATE offer SET listed = false WHERE store_id = :id AND listed"),
        {"id": store_id},
    )
