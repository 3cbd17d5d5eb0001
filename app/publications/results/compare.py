"""Holds listings that were read back against the baseline, and moves it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.wire.listings import Listing
from app.publications.results import compare_sql as sql
from app.publications.results.record import lock_offers

Columns = dict[str, list[Any]]
_MONEY_LIMIT = 10**10
_INT, _SMALLINT = range(-(2**31), 2**31), range(-(2**15), 2**15)
"""What does not fit into an offer's columns counts as not told."""


@dataclass(frozen=True, slots=True)
class Look:
    """Whose listings were looked at, and under which rules they are judged."""

    account_id: UUID
    store_id: UUID
    siblings: Sequence[UUID]
    since: datetime
    """When the look began: what was accepted later is not judged."""
    publications: Sequence[UUID]
    """Runs whose changes are marked as confirmed or not."""
    overwrite: bool = True
    """Whether what was changed by hand is sent again, as what was not applied is."""
    orders_known: bool = False
    """Whether all orders are fetched, so that they explain a stock that is lower."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out, in offers; `publications` are those whose changes were marked."""

    confirmed: int
    drifted: int
    unconfirmed: int
    vanished: int
    publications: tuple[UUID, ...]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "confirmed": self.confirmed,
            "drifted": self.drifted,
            "unconfirmed": self.unconfirmed,
            "vanished": self.vanished,
        }


def columns_of(listings: Iterable[tuple[str, Listing | None]]) -> Columns:
    """Listings by SKU key as columns; None is a listing that is not there."""
    rows = [_row(key, listing) for key, listing in listings]
    return {name: [row[i] for row in rows] for i, name in enumerate(sql.COLUMNS)}


def _row(key: str, listing: Listing | None) -> tuple[Any, ...]:
    if listing is None:
        return (key, False, *[None] * (len(sql.COLUMNS) - 2))
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
    )


def _amount(value: Decimal | None) -> Decimal | None:
    return value if value is None or abs(value) < _MONEY_LIMIT else None


def _within(value: int | None, bounds: range) -> int | None:
    return value if value in bounds else None


async def open_tables(session: AsyncSession) -> None:
    """Make the temporary tables `seen` and `sold`; they end with the transaction."""
    for statement in sql.TABLES:
        await session.execute(text(statement))


async def note_seen(
    session: AsyncSession, columns: Columns, awaited: Sequence[str]
) -> None:
    """Put listings into `seen`.

    `awaited` names, parted by blanks, the fields of each that were accepted just now:
    no hand can have changed those.
    """
    await session.execute(text(sql.NOTE_SEEN), {**columns, "awaited": list(awaited)})


async def compare(session: AsyncSession, look: Look) -> Compared:
    """Judge what is in `seen` (and `sold`): baseline, changes and checks follow.

    Twice the same look changes nothing the second time. The caller's transaction is
    fenced by its lease; it recounts the publications that are named.
    """
    await lock_offers(session, [look.store_id, *look.siblings])
    values: dict[str, Any] = {
        "account": look.account_id,
        "store": look.store_id,
        "stores": [look.store_id, *look.siblings],
        "siblings": list(look.siblings),
        "since": look.since,
        "looked_at": look.since.isoformat(),
        "overwrite": look.overwrite,
        "orders_known": look.orders_known,
        "publications": list(look.publications),
    }
    await session.execute(text(sql.COMPARE), values)
    await session.execute(text("ANALYZE compared"))
    marked = await session.execute(text(sql.MARK_CHANGES), values)
    publications = tuple(sorted(set(marked.scalars())))
    for statement in (
        sql.MOVE_BASELINE,
        sql.MOVE_SHARED,
        sql.KEEP_CHECKS,
        sql.FORGET_VANISHED,
    ):
        await session.execute(text(statement), values)
    counts = (await session.execute(text(sql.COUNT))).one()
    return Compared(
        counts.confirmed,
        counts.drifted,
        counts.unconfirmed,
        counts.vanished,
        publications,
    )
