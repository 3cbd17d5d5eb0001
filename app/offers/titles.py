"""Stores titles of the catalog that were compared with titles of live listings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql

MAX_RENAMES = 2000
"""Unmatched listings, and new rows, that are compared for renames."""
MAX_IMPORTED = 20_000
"""Imported listings whose titles are compared with those of their rows."""
LOW_SIMILARITY = 50
"""Below it, a listing and the row with its SKU may be different products."""

_PARTS = load_sql(__package__, "titles.sql", {"low_similarity": str(LOW_SIMILARITY)})
WARNING = _PARTS["warning"]
"""Expression for the code of the warning about a title `t` of an offer `o`."""
_LIMITS = {"most": MAX_RENAMES + 1, "most_imported": MAX_IMPORTED}
_SQL = {name: text(statement) for name, statement in _PARTS.items()}


@dataclass(frozen=True, slots=True)
class UnmatchedTitle:
    """An unmatched listing."""

    sku_key: str
    grade: str
    title: str


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that would create a listing, or has created one that renames another."""

    sku_key: str
    grade: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is to be compared; `imported` are titles of listings by SKU key."""

    unmatched: Sequence[UnmatchedTitle]
    new: Sequence[NewRow]
    imported: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ComparisonState:
    """A hash of what is compared, and whether there is more than the limits allow."""

    digest: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ComparedTitle:
    """The title in the catalog, and its similarity to that of a listing (0 to 100).

    The listing is the offer's own, or the unmatched one that the row renames.
    """

    sku_key: str
    title: str
    similarity: int
    renames_key: str | None = None


async def changed_state(
    session: AsyncSession, store_id: UUID, version: str
) -> ComparisonState | None:
    """The state to compare; None if it was compared before, or nothing ever is.

    `version` is that of the catalog and of the mapping.
    """
    row = (await session.execute(_SQL["state"], _values(store_id))).one()
    digest = f"{version} {row.digest}"
    if digest == row.compared or (row.is_empty and row.compared is None):
        return None
    return ComparisonState(digest, row.is_cut)


async def to_compare(session: AsyncSession, store_id: UUID) -> Comparison:
    """What `changed_state` is the state of."""
    rows = {
        name: (await session.execute(_SQL[name], _values(store_id))).all()
        for name in ("unmatched", "new", "imported")
    }
    return Comparison(
        [UnmatchedTitle(*row) for row in rows["unmatched"][:MAX_RENAMES]],
        [NewRow(*row) for row in rows["new"][:MAX_RENAMES]],
        {row.sku_key: row.title for row in rows["imported"]},
    )


async def replace(
    session: AsyncSession,
    store_id: UUID,
    state: ComparisonState,
    compared: Sequence[ComparedTitle],
) -> None:
    """Store the result of a comparison instead of the one before."""
    values = {"store": store_id, "digest": state.digest, "is_cut": state.is_cut}
    await session.execute(_SQL["note"], values)
    await session.execute(_SQL["delete"], values)
    values = {
        "store": store_id,
        "keys": [each.sku_key for each in compared],
        "titles": [each.title for each in compared],
        "similarities": [each.similarity for each in compared],
        "renames": [each.renames_key for each in compared],
    }
    await session.execute(_SQL["add"], values)


async def forget(session: AsyncSession, store_id: UUID) -> None:
    """The catalog has no titles any more."""
    values = {"store": store_id}
    await session.execute(_SQL["delete"], values)
    await session.execute(
        text("DELETE FROM title_check WHERE store_id = :store"), values
    )


def _values(store_id: UUID) -> dict[str, object]:
    return {"store": store_id, **_LIMITS}
