"""Advisory locks by name, held until the end of a transaction."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


async def lock_name(session: AsyncSession, name: str) -> None:
    """Wait until no other transaction holds this name."""
    await session.execute(_WAIT, {"name": name})


async def try_lock_name(session: AsyncSession, name: str) -> bool:
    """Take the name; False if another transaction holds it."""
    return bool(await session.scalar(_TRY, {"name": name}))
