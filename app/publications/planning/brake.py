"""Decides which groups of changes the brake holds because too many would change. Pure.

It decides over counts; the rows are held in SQL (`plan.sql`). Only dangerous changes
are held: an offer that leaves the catalog, a price that moves too far.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from app.stores.settings.brake import Brake, Share


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """What the brake compares of two catalogs: rows, and attributes without a value."""

    rows: int
    empty: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangeCounts:
    """Changes of a plan, without those that an operator has decided.

    `zeroing` offers leave the catalog, `moving` prices move far; `listed` offers are
    online with stock, counted up to `listed_limit`.
    """

    zeroing: int = 0
    moving: int = 0
    listed: int = 0


@dataclass(frozen=True, slots=True)
class HeldGroups:
    """Groups of changes that are held: by `zero_code` all offers that go to zero."""

    zero_code: str | None = None
    quantity_empty: bool = False
    """Also hold a row that says 0 itself."""
    price_empty: bool = False
    wave: bool = False

    @property
    def by_catalog(self) -> bool:
        """Whether the catalog itself is not trusted as a reference for the next."""
        codes = {"brake_column_empty", "brake_shrunk"}
        return self.zero_code in codes or self.quantity_empty or self.price_empty


def check_catalog(
    brake: Brake, before: CatalogFacts | None, newest: CatalogFacts | None
) -> HeldGroups:
    """What to hold because of the newest catalog, against the last trusted one."""
    if before is None or newest is None:
        return HeldGroups()
    emptied = newest.empty - before.empty if brake.empty_columns else frozenset()
    missing = before.rows - newest.rows
    code = None
    if emptied:
        code = "brake_column_empty"
    elif _too_many(brake.shrunk, missing, before.rows):
        code = "brake_shrunk"
    return HeldGroups(code, "quantity" in emptied, "price" in emptied)


def listed_limit(brake: Brake, counts: ChangeCounts) -> int:
    """How many listed offers to count at most; 0: the decision does not need them."""
    limit = 0
    for share, number in (
        (brake.zeroing, counts.zeroing),
        (brake.price_wave, counts.moving),
    ):
        if share and number >= share.minimum:
            limit = max(limit, ceil(number * 100 / share.percent))
    return limit


def decide(brake: Brake, by_catalog: HeldGroups, counts: ChangeCounts) -> HeldGroups:
    """What the counts hold, in addition to what the catalog check holds."""
    code = by_catalog.zero_code
    if code is None and _too_many(brake.zeroing, counts.zeroing, counts.listed):
        code = "brake_zeroing"
    return HeldGroups(
        code,
        by_catalog.quantity_empty,
        by_catalog.price_empty,
        _too_many(brake.price_wave, counts.moving, counts.listed),
    )


def _too_many(share: Share | None, number: int, of: int) -> bool:
    if share is None or number < share.minimum:
        return False
    return Decimal(number) * 100 > share.percent * of
