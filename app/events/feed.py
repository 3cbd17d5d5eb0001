"""Reads the events that a key may see, in an order in which none is missed.

`position` is drawn before the commit, so an event may appear after one with a higher
position. The order of transactions, up to the oldest that runs, has no such gaps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller
from app.core.sql import load_sql
from app.events.enums import EventType
from app.web.pagination import BIGGEST, bad_cursor

_SQL = load_sql("app.events", "feed.sql")
_FEED, _NOW = text(_SQL["feed"]), text(_SQL["now"])
MOST_SCANNED = 5000
"""Events that one page reads, whether the key sees them or not."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of events: all up to it were read."""

    transaction: int
    position: int

    def __str__(self) -> str:
        return f"{self.transaction}-{self.position}"


START = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events: of the stores (None: all), of the types (None: all)."""

    stores: Sequence[UUID] | None
    types: Sequence[EventType] | None

    @classmethod
    def of(
        cls, caller: Caller, store_id: UUID | None, types: Sequence[EventType] | None
    ) -> "Selection":
        """What a caller may see of what is wanted. Raises NotFoundError."""
        if store_id is not None:
            caller.require_store(store_id)
            return cls([store_id], types)
        stores = None if caller.store_ids is None else sorted(caller.store_ids)
        return cls(stores, types)


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event; `body` is the JSON that webhooks send."""

    id: UUID
    body: str
    place: Place


@dataclass(frozen=True, slots=True)
class Part:
    """Events after a place, the place up to which all were read, whether more are."""

    events: Sequence[FoundEvent]
    read_to: Place
    more: bool


def place_in(value: str) -> Place | None:
    """The place in a cursor or event id; None for another text. Pure."""
    parts = value.split("-")
    longest = len(str(BIGGEST))
    if len(parts) != 2 or not all(  # noqa: PLR2004 - transaction and position
        p.isascii() and p.isdigit() and len(p) <= longest for p in parts
    ):
        return None
    place = Place(*map(int, parts))
    return place if max(place.transaction, place.position) <= BIGGEST else None


async def read_after(
    session: AsyncSession, place: Place, selection: Selection, limit: int
) -> Part:
    """The next events, oldest first."""
    rows = (
        await session.execute(
            _FEED,
            {
                "transaction": place.transaction,
                "position": place.position,
                "types": _texts(selection.types),
                "stores": _texts(selection.stores),
                "scanned": MOST_SCANNED,
            },
        )
    ).all()
    seen = [r for r in rows if r.visible]
    events = [
        FoundEvent(r.id, r.body, Place(r.transaction_id, r.position))
        for r in seen[:limit]
    ]
    if len(seen) > limit:
        return Part(events, events[-1].place, more=True)
    last = Place(rows[-1].transaction_id, rows[-1].position) if rows else place
    return Part(events, last, more=len(rows) == MOST_SCANNED)


def _texts(values: Sequence[object] | None) -> list[str] | None:
    return None if values is None else [str(each) for each in values]


async def present(session: AsyncSession) -> Place:
    """The place of now: only later events are after it."""
    row = (await session.execute(_NOW)).one()
    return Place(row.oldest - 1, BIGGEST)


async def is_of_the_past(session: AsyncSession, place: Place) -> bool:
    """Whether the place can be of this database: no restored one has such a number."""
    row = (await session.execute(_NOW)).one()
    return bool(place.transaction < row.next)


async def checked_place(session: AsyncSession, cursor: str | None) -> Place:
    """The place to read after. Raises InvalidError."""
    if cursor is None:
        return START
    place = place_in(cursor)
    if place is None or not await is_of_the_past(session, place):
        raise bad_cursor()
    return place
