"""The brake: which changes are held because too much would change at once. Pure.

Decided over counts; the rows are held in SQL (`guard_sql.py`). Only what is dangerous
is held: an offer that leaves the catalog, a price that moves too far.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from app.stores.settings.brake import Brake, Share


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """What the brake looks at in a catalog: rows, and attributes without a value."""

    rows: int
    empty: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a plan would do, without what an operator has decided already.

    `zeroing` offers leave the catalog, `moving` prices move far; `listed` offers are
    online with stock, counted no further than `most_to_count`.
    """

    zeroing: int = 0
    moving: int = 0
    listed: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """Which changes are held: the code for zeroing, and whether prices are."""

    zero_code: str | None = None
    quantity_empty: bool = False
    """Even a row that says 0 itself is not believed."""
    price_empty: bool = False
    wave: bool = False

    @property
    def by_catalog(self) -> bool:
        """Whether the catalog itself is doubted: it is nothing to compare with."""
        doubts = {"brake_column_empty", "brake_shrunk"}
        return self.zero_code in doubts or self.quantity_empty or self.price_empty


def doubts(
    brake: Brake, before: CatalogFacts | None, newest: CatalogFacts | None
) -> Held:
    """What the newest catalog says of itself beside the last one that was trusted."""
    if before is None or newest is None:
        return Held()
    emptied = newest.empty - before.empty if brake.empty_columns else frozenset()
    lacking = before.rows - newest.rows
    code = None
    if emptied:
        code = "brake_column_empty"
    elif _too_many(brake.shrunk, lacking, before.rows):
        code = "brake_shrunk"
    return Held(code, "quantity" in emptied, "price" in emptied)


def most_to_count(brake: Brake, counted: Counted) -> int:
    """How many listed offers need be counted to decide; 0: it is decided already."""
    most = 0
    for share, number in (
        (brake.zeroing, counted.zeroing),
        (brake.price_wave, counted.moving),
    ):
        if share and number >= share.minimum:
            most = max(most, ceil(number * 100 / share.percent))
    return most


def decide(brake: Brake, doubted: Held, counted: Counted) -> Held:
    """Add what the counts forbid to what the catalog's looks forbid."""
    code = doubted.zero_code
    if code is None and _too_many(brake.zeroing, counted.zeroing, counted.listed):
        code = "brake_zeroing"
    return Held(
        code,
        doubted.quantity_empty,
        doubted.price_empty,
        _too_many(brake.price_wave, counted.moving, counted.listed),
    )


def _too_many(share: Share | None, number: int, of: int) -> bool:
    if share is None or number < share.minimum:
        return False
    return Decimal(number) * 100 > share.percent * of
