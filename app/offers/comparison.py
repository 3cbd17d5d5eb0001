"""Compares listings with the live state of offers, and corrects the live state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.wire.listings import Listing
from app.offers.adoption import Adopted, adopt
from app.offers.comparison_sql import COLUMNS, STATEMENTS
from app.offers.locks import lock_offers

Columns = dict[str, list[Any]]
_MONEY_LIMIT = 10**10
_INT, _SMALLINT = (-(2**31), 2**31 - 1), (-(2**15), 2**15 - 1)
_BIGINT = (-(2**63), 2**63 - 1)
"""A value that does not fit into an offer's column counts as absent."""
_TABLES = ("create_seen", "create_sold", "create_in_flight", "create_compared")
_CORRECTIONS = (
    "move_live_state",
    "respell",
    "move_shared",
    "keep_checks",
    "reset_vanished",
)


@dataclass(frozen=True, slots=True)
class ListingComparison:
    """Whose listings were read, when, and by which rules they are compared."""

    store_id: UUID
    siblings: Sequence[UUID]
    since: datetime
    """When reading began: offers that were accepted later are not compared."""
    overwrite: bool = True
    """Whether what was changed by hand is sent again, as what was not applied is."""
    orders_known: bool = False
    """Whether all orders are fetched, so that they explain a lower quantity."""
    adopt: bool = False
    """Whether listings that are not known yet become part of the live state."""


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """Numbers of offers by result."""

    confirmed: int
    drifted: int
    unconfirmed: int
    vanished: int
    matched: int = 0
    unmatched: int = 0

    @property
    def counts(self) -> dict[str, int]:
        return {
            "confirmed": self.confirmed,
            "drifted": self.drifted,
            "unconfirmed": self.unconfirmed,
            "vanished": self.vanished,
            "matched": self.matched,
            "unmatched": self.unmatched,
        }


def columns_of(listings: Iterable[tuple[str, Listing | None]]) -> Columns:
    """Listings by SKU key as columns; None is a listing that does not exist."""
    rows = [_row(key, listing) for key, listing in listings]
    return {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}


def _row(key: str, listing: Listing | None) -> tuple[Any, ...]:
    if listing is None:
        return (key, False, *[None] * (len(COLUMNS) - 2))
    return (
        key,
        True,
        listing.id,
        listing.listing_id,
        listing.grade,
        _amount(listing.price),
        _amount(listing.min_price),
        _within(listing.quantity, _INT),
        _within(listing.warranty_delay, _SMALLINT),
        listing.comment,
        _within(listing.publication_state, _SMALLINT),
        _amount(listing.max_price),
        listing.sku,
        listing.title,
        listing.product_id,
        _within(listing.backmarket_id, _BIGINT),
    )


def _amount(value: Decimal | None) -> Decimal | None:
    return value if value is None or abs(value) < _MONEY_LIMIT else None


def _within(value: int | None, bounds: tuple[int, int]) -> int | None:
    low, high = bounds
    return value if value is not None and low <= value <= high else None


async def open_tables(session: AsyncSession) -> None:
    """Create the temporary tables of a comparison; they end with the transaction.

    `seen` takes listings, `sold` units sold, `in_flight` SKUs that are not compared.
    """
    for name in _TABLES:
        await session.execute(text(STATEMENTS[name]))


async def add_seen(
    session: AsyncSession, columns: Columns, awaited: Sequence[str]
) -> None:
    """Put listings into `seen`.

    `awaited` names, separated by blanks, the fields of each that were accepted just
    now: they cannot have been changed by hand since.
    """
    await session.execute(
        text(STATEMENTS["add_seen"]), {**columns, "awaited": list(awaited)}
    )


async def compare(
    session: AsyncSession, comparison: ListingComparison
) -> ComparisonResult:
    """Compare `seen` with the live state; live state and checks follow what was read.

    The result per offer stays in the temporary table `compared`. Comparing the same
    listings twice changes nothing the second time.
    """
    await lock_offers(session, [comparison.store_id, *comparison.siblings])
    values: dict[str, Any] = {
        "store": comparison.store_id,
        "stores": [comparison.store_id, *comparison.siblings],
        "siblings": list(comparison.siblings),
        "since": comparison.since,
        "looked_at": comparison.since.isoformat(),
        "overwrite": comparison.overwrite,
        "orders_known": comparison.orders_known,
    }
    adopted = Adopted()
    if comparison.adopt:
        adopted = await adopt(session, comparison.store_id, comparison.since)
    await session.execute(text(STATEMENTS["compare"]), values)
    await session.execute(text("ANALYZE compared"))
    for name in _CORRECTIONS:
        await session.execute(text(STATEMENTS[name]), values)
    counts = (await session.execute(text(STATEMENTS["count"]))).one()
    return ComparisonResult(
        counts.confirmed,
        counts.drifted,
        counts.unconfirmed,
        counts.vanished,
        adopted.matched,
        adopted.unmatched,
    )
