"""Selects the files of old catalogs for deletion; the rows of catalogs are kept."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql

_SQL = load_sql(__package__, "retention.sql")
_RELEASE_OLD_FILES = text(_SQL["release_old_files"])


async def release_old_files(session: AsyncSession, keep: int) -> list[str]:
    """Storage keys that no catalog uses any longer.

    `keep`: how many catalogs of a store keep their files. The caller removes the files
    after the commit.
    """
    return list((await session.execute(_RELEASE_OLD_FILES, {"keep": keep})).scalars())
