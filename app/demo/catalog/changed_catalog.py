"""The next day's catalog: a few rows differ, with the expected result."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from app.demo.catalog.sample_catalog import Dirt, Row, as_written, clean_rows, draw

Counts = dict[str, int]
PRICE_ON_REQUEST = "sur demande"


class Touch(StrEnum):
    """How a row differs from the day before."""

    PRICE = "another price"
    SOLD_SOME = "less stock"
    RESTOCKED = "more stock"
    SOLD_OUT = "sold out"
    BROKEN = "price unreadable now, less stock"
    GONE = "left the catalog"
    ADDED = "new in the catalog"
    CORRECTED = "row corrected"
    KNOWN_EAN = "EAN replaced by one that Back Market knows"


PER_MILLE = {
    Touch.PRICE: 10,
    Touch.SOLD_SOME: 5,
    Touch.RESTOCKED: 3,
    Touch.SOLD_OUT: 1,
    Touch.BROKEN: 1,
    Touch.GONE: 4,
    Touch.ADDED: 4,
}
CORRECTABLE = (Dirt.EAN_CHECK_DIGIT, Dirt.PRICE_MISSING, Dirt.GRADE_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected result of a publication."""

    by_reason: Counts
    by_outcome: Counts

    @property
    def lines(self) -> int:
        return sum(self.by_reason.values())


@dataclass(frozen=True, slots=True)
class ChangedCatalog:
    """The rows, and the kind of change per SKU."""

    rows: list[Row]
    touched: dict[str, Touch]

    def number(self, touch: Touch) -> int:
        return sum(1 for done in self.touched.values() if done == touch)


def changed_rows(rows: int, touch: Touch) -> int:
    """Return how many rows of a catalog of this size get this change."""
    return max(1, rows * PER_MILLE[touch] // 1000)


def next_day(catalog: Sequence[Row]) -> ChangedCatalog:
    """Change some clean rows, correct some dirty ones, drop some, add some."""
    size = len(catalog)
    touched = dict(_touches(catalog))
    # The flawless twin of a dirty row is what its generator made at first.
    twins = list(islice(clean_rows(), size + changed_rows(size, Touch.ADDED)))
    rows = []
    for row, twin in zip(catalog, twins, strict=False):
        touch = None if row.dirt == Dirt.DUPLICATE_SKU else touched.get(row.sku)
        if touch in {Touch.CORRECTED, Touch.KNOWN_EAN}:
            rows.append(twin)
        elif touch is None:
            rows.append(row)
        elif touch != Touch.GONE:
            rows.append(CHANGE[touch](row))
    added = twins[size:]
    touched |= {row.sku: Touch.ADDED for row in added}
    return ChangedCatalog(rows + added, touched)


def _touches(catalog: Sequence[Row]) -> Iterator[tuple[str, Touch]]:
    """Return clean rows with a unique SKU."""
    times = Counter(row.sku for row in catalog)
    alone = [row for row in catalog if times[row.sku] == 1]
    clean = [row.sku for row in alone if row.dirt is None]
    mixed = iter(sorted(clean, key=lambda sku: draw("touch", sku)))
    for touch in (*CHANGE, Touch.GONE):
        for sku in islice(mixed, changed_rows(len(catalog), touch)):
            yield sku, touch
    for dirt in CORRECTABLE:
        yield from _first_half(alone, dirt, Touch.CORRECTED)
    yield from _first_half(alone, Dirt.UNKNOWN_TO_BACK_MARKET, Touch.KNOWN_EAN)


def _first_half(
    rows: Sequence[Row], dirt: Dirt, touch: Touch
) -> Iterator[tuple[str, Touch]]:
    found = [row.sku for row in rows if row.dirt == dirt]
    return ((sku, touch) for sku in found[: (len(found) + 1) // 2])


def _cheaper(row: Row) -> Row:
    cents = row.cents - 1000
    return replace(row, cents=cents, price=as_written(cents, row.sku))


def _broken(row: Row) -> Row:
    return replace(row, price=PRICE_ON_REQUEST, stock="1", dirt=Dirt.PRICE_FORMAT)


CHANGE: dict[Touch, Callable[[Row], Row]] = {
    Touch.PRICE: _cheaper,
    Touch.SOLD_SOME: lambda row: replace(row, stock=str(int(row.stock) - 1)),
    Touch.RESTOCKED: lambda row: replace(row, stock=f"{int(row.stock) + 10} pcs"),
    Touch.SOLD_OUT: lambda row: replace(row, stock="0"),
    Touch.BROKEN: _broken,
}


def expected_first(catalog: Sequence[Row]) -> Expected:
    """Expect every valid row as new; Back Market rejects unknown EANs."""
    unknown = _unknown(catalog)
    accepted = sum(1 for row in catalog if row.dirt is None)
    return Expected(
        {"new": accepted + unknown}, {"accepted": accepted, "rejected": unknown}
    )


def expected_next(catalog: Sequence[Row], changed: ChangedCatalog) -> Expected:
    """Expect only what differs, and what was rejected before."""
    new = changed.number(Touch.ADDED) + changed.number(Touch.CORRECTED)
    modified = sum(changed.number(touch) for touch in CHANGE)
    gone, still_unknown = changed.number(Touch.GONE), _unknown(changed.rows)
    in_error = _unknown(catalog)
    accepted = new + modified + gone + in_error - still_unknown
    return Expected(
        {"new": new, "modified": modified, "disappeared": gone, "in_error": in_error},
        {"accepted": accepted, "rejected": still_unknown},
    )


def expected_again(changed: ChangedCatalog) -> Expected:
    """Expect, for the same catalog again, only what Back Market still rejects."""
    unknown = _unknown(changed.rows)
    return Expected({"in_error": unknown}, {"rejected": unknown})


def _unknown(rows: Sequence[Row]) -> int:
    return sum(1 for row in rows if row.dirt == Dirt.UNKNOWN_TO_BACK_MARKET)
