"""Reads and writes a store's offers on behalf of other packages."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements

AWAITING_VALIDATION = 1
"""Awaiting validation by staff (Back Market API, `publication_state`)."""


_SQL = load_statements(__package__, "unmatched.sql")


def sku_key(sku: str) -> str:
    """Normalize a SKU for comparison: trimmed, NFC, lower case.

    As `app.catalogs.engine.validate.texts.sku_key` does for columns.
    """
    return unicodedata.normalize("NFC", sku.strip()).lower()


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


async def listing_ids(
    session: AsyncSession, store_ids: Sequence[UUID], limit: int
) -> Sequence[str]:
    """Ids of some listings of these stores."""
    found = await session.execute(
        text(
            "SELECT listing_id FROM offer WHERE store_id = ANY(:stores) "
            "AND listed AND listing_id IS NOT NULL LIMIT :limit"
        ),
        {"stores": list(store_ids), "limit": limit},
    )
    return found.scalars().all()


async def detach_listings(session: AsyncSession, store_id: UUID) -> None:
    """Forget which offers are listed: the store moves to another seller account."""
    values = {"id": store_id}
    await session.execute(_SQL["delete_unnamed"], values)
    await session.execute(
        text(
            "UPDATE offer SET listed = false, live_sku = NULL WHERE store_id = :id "
            "AND (listed OR live_sku IS NOT NULL)"
        ),
        values,
    )


@dataclass(frozen=True, slots=True)
class UnmatchedListings:
    """Numbers of listings with stock that no catalog names, and of their units.

    `undecided`: listings without a decision.
    """

    listings: int = 0
    units: int = 0
    undecided: int = 0


async def count_unmatched(
    session: AsyncSession, store_ids: Sequence[UUID]
) -> dict[UUID, UnmatchedListings]:
    """The numbers of each store that has such listings."""
    found = await session.execute(_SQL["count_unmatched"], {"stores": list(store_ids)})
    return {
        row.store_id: UnmatchedListings(row.listings, row.units, row.undecided)
        for row in found
    }


async def withdraw_unmatched(
    session: AsyncSession, store_id: UUID, keys: Sequence[str]
) -> None:
    """Make unmatched listings absent: the next publication sets them to 0.

    The caller holds the lock of the store's offers.
    """
    statement = (
        "UPDATE offer SET desired_state = 'absent' WHERE store_id = :store "
        "AND sku_key = ANY(:keys) AND desired_state = 'unmatched'"
    )
    await session.execute(text(statement), {"store": store_id, "keys": list(keys)})


async def restore_unmatched(
    session: AsyncSession, store_id: UUID, keys: Sequence[str]
) -> None:
    """Make absent offers that no valid row ever named unmatched again.

    Only those whose listing is not at 0 yet. The caller holds the lock of the offers.
    """
    statement = (
        "UPDATE offer SET desired_state = 'unmatched' WHERE store_id = :store "
        "AND sku_key = ANY(:keys) AND desired_state = 'absent' AND ean IS NULL "
        "AND listed AND live_quantity > 0"
    )
    await session.execute(text(statement), {"store": store_id, "keys": list(keys)})


async def awaiting_validation(
    session: AsyncSession, store_id: UUID
) -> Mapping[str, str]:
    """Listed offers whose product Back Market has not validated: SKUs by SKU key."""
    found = await session.execute(
        text(
            "SELECT sku_key, coalesce(live_sku, sku) AS sku FROM offer "
            "WHERE store_id = :store AND listed AND publication_state = :waiting"
        ),
        {"store": store_id, "waiting": AWAITING_VALIDATION},
    )
    return {row.sku_key: row.sku for row in found}


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


async def set_live_skus(
    session: AsyncSession, store_ids: Sequence[UUID], skus: Sequence[str]
) -> None:
    """Record how listings spell these SKUs; the caller holds the locks of the offers.

    Back Market may treat composed and decomposed characters as different SKUs.
    """
    await session.execute(
        text(
            "UPDATE offer AS o SET live_sku = s.sku FROM unnest("
            "CAST(:keys AS text[]), CAST(:skus AS text[])) AS s (sku_key, sku) "
            "WHERE o.store_id = ANY(:stores) AND o.sku_key = s.sku_key "
            "AND o.live_sku IS DISTINCT FROM s.sku"
        ),
        {"stores": list(store_ids), "keys": list(map(sku_key, skus)), "skus": skus},
    )
