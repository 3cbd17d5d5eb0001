"""Records the live state of listings that refeed did not create.

A listing with a price in the store's market belongs to the offer with its SKU; without
such an offer it is `unmatched`: known, counted, and left alone.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.sql import load_sql

_VALUES = {
    "live_sku": "s.sku",
    "live_title": "s.title",
    "live_product_id": "s.product_id",
    "live_grade": "s.grade",
    "live_price": "s.price",
    "live_quantity": "s.quantity::int",
    "live_min_price": "s.min_price",
    "live_warranty_delay": "s.warranty_delay::smallint",
    "live_comment": "s.comment",
    "listing_id": "coalesce(s.listing_id, s.older_id)",
    "backmarket_id": "s.backmarket_id",
    "publication_state": "s.publication_state",
    "max_price": "s.max_price",
}
_STATEMENTS = {
    name: text(statement)
    for name, statement in load_sql(
        __package__,
        "adoption.sql",
        {
            "columns": ", ".join(_VALUES),
            "values": ", ".join(_VALUES.values()),
            "live_values": ", ".join(f"{a} = {b}" for a, b in _VALUES.items()),
        },
    ).items()
}


@dataclass(frozen=True, slots=True)
class Adopted:
    """Numbers of listings: now known for offers, and now known without one."""

    matched: int = 0
    unmatched: int = 0


async def adopt(session: AsyncSession, store_id: UUID, since: datetime) -> Adopted:
    """Record the live state of the listings in `seen` that are not known yet.

    `since`: when reading began; offers that were sent later are left alone. The caller
    holds the locks of the store's offers and has filled `seen` and `in_flight`.
    Adopting the same listings twice changes nothing the second time.
    """
    values = {"store": store_id, "since": since}
    counts = {}
    for name in ("identify", "refresh_unmatched", "adopt_named", "add_unmatched"):
        done = await session.execute(_STATEMENTS[name], values)
        counts[name] = int(done.rowcount)  # type: ignore[attr-defined]
    return Adopted(counts["adopt_named"], counts["add_unmatched"])


async def delete_unmatched(
    session: AsyncSession, store_id: UUID, since: datetime
) -> None:
    """Delete unmatched listings that a read that began at `since` did not find."""
    values = {"store": store_id, "since": since}
    await session.execute(_STATEMENTS["delete_unmatched"], values)
