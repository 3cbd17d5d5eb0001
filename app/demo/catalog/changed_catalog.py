"""The next day's catalog: a few rows differ, with the expected result."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from app.demo.catalog.sample_catalog import Dirt, Row, clean_rows, draw, format_price

Counts = dict[str, int]
PRICE_ON_REQUEST = "sur demande"


class Edit(StrEnum):
    """How a row differs from the day before."""

    PRICE = "another price"
    SOLD_SOME = "less stock"
    RESTOCKED = "more stock"
    SOLD_OUT = "sold out"
    BROKEN = "price unreadable now, less stock"
    REMOVED = "left the catalog"
    ADDED = "new in the catalog"
    CORRECTED = "row corrected"
    KNOWN_EAN = "EAN replaced by one that Back Market knows"


PER_MILLE = {
    Edit.PRICE: 10,
    Edit.SOLD_SOME: 5,
    Edit.RESTOCKED: 3,
    Edit.SOLD_OUT: 1,
    Edit.BROKEN: 1,
    Edit.REMOVED: 4,
    Edit.ADDED: 4,
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
    edited: dict[str, Edit]

    def number(self, edit: Edit) -> int:
        return sum(1 for done in self.edited.values() if done == edit)


def changed_rows(rows: int, edit: Edit) -> int:
    """Return how many rows of a catalog of this size get this change."""
    return max(1, rows * PER_MILLE[edit] // 1000)


def next_day(catalog: Sequence[Row]) -> ChangedCatalog:
    """Change some clean rows, correct some dirty ones, drop some, add some."""
    size = len(catalog)
    edited = dict(_edits(catalog))
    # The flawless original of a dirty row is what its generator made at first.
    originals = list(islice(clean_rows(), size + changed_rows(size, Edit.ADDED)))
    rows = []
    for row, original in zip(catalog, originals, strict=False):
        edit = None if row.dirt == Dirt.DUPLICATE_SKU else edited.get(row.sku)
        if edit in {Edit.CORRECTED, Edit.KNOWN_EAN}:
            rows.append(original)
        elif edit is None:
            rows.append(row)
        elif edit != Edit.REMOVED:
            rows.append(CHANGE[edit](row))
    added = originals[size:]
    edited |= {row.sku: Edit.ADDED for row in added}
    return ChangedCatalog(rows + added, edited)


def _edits(catalog: Sequence[Row]) -> Iterator[tuple[str, Edit]]:
    """Return clean rows with a unique SKU."""
    times = Counter(row.sku for row in catalog)
    alone = [row for row in catalog if times[row.sku] == 1]
    clean = [row.sku for row in alone if row.dirt is None]
    mixed = iter(sorted(clean, key=lambda sku: draw("touch", sku)))
    for edit in (*CHANGE, Edit.REMOVED):
        for sku in islice(mixed, changed_rows(len(catalog), edit)):
            yield sku, edit
    for dirt in CORRECTABLE:
        yield from _first_half(alone, dirt, Edit.CORRECTED)
    yield from _first_half(alone, Dirt.UNKNOWN_TO_BACK_MARKET, Edit.KNOWN_EAN)


def _first_half(
    rows: Sequence[Row], dirt: Dirt, edit: Edit
) -> Iterator[tuple[str, Edit]]:
    found = [row.sku for row in rows if row.dirt == dirt]
    return ((sku, edit) for sku in found[: (len(found) + 1) // 2])


def _cheaper(row: Row) -> Row:
    cents = row.cents - 1000
    return replace(row, cents=cents, price=format_price(cents, row.sku))


def _broken(row: Row) -> Row:
    return replace(row, price=PRICE_ON_REQUEST, stock="1", dirt=Dirt.PRICE_FORMAT)


CHANGE: dict[Edit, Callable[[Row], Row]] = {
    Edit.PRICE: _cheaper,
    Edit.SOLD_SOME: lambda row: replace(row, stock=str(int(row.stock) - 1)),
    Edit.RESTOCKED: lambda row: replace(row, stock=f"{int(row.stock) + 10} pcs"),
    Edit.SOLD_OUT: lambda row: replace(row, stock="0"),
    Edit.BROKEN: _broken,
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
    new = changed.number(Edit.ADDED) + changed.number(Edit.CORRECTED)
    modified = sum(changed.number(edit) for edit in CHANGE)
    removed, still_unknown = changed.number(Edit.REMOVED), _unknown(changed.rows)
    in_error = _unknown(catalog)
    accepted = new + modified + removed + in_error - still_unknown
    return Expected(
        {
            "new": new,
            "modified": modified,
            "disappeared": removed,
            "in_error": in_error,
        },
        {"accepted": accepted, "rejected": still_unknown},
    )


def expected_again(changed: ChangedCatalog) -> Expected:
    """Expect, for the same catalog again, only what Back Market still rejects."""
    unknown = _unknown(changed.rows)
    return Expected({"in_error": unknown}, {"rejected": unknown})


def _unknown(rows: Sequence[Row]) -> int:
    return sum(1 for row in rows if row.dirt == Dirt.UNKNOWN_TO_BACK_MARKET)
