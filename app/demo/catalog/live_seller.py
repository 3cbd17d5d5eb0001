"""A merchant who sells already: his listings at the sandbox, and his first catalog."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

from app.demo.catalog.mapping import categories, grade_words
from app.demo.catalog.sample_catalog import clean_rows

Json = dict[str, object]
EQUAL, REPRICED, ADDED = 60, 3, 2
COLUMNS = ("sku", "ean", "price", "quantity", "grade", "category")
DISCOUNT = Decimal(10)
OTHER_GRADE = {"GOOD": "FAIR"}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Device:
    """One device: a row of the catalog, or a listing."""

    sku: str
    ean: str
    price: Decimal
    quantity: int
    grade: str
    category: str
    title: str


@dataclass(frozen=True, slots=True)
class LiveSeller:
    """What is online and what the catalog says; the SKUs of each difference.

    `mistyped`: its price in the catalog lacks a digit. `regraded`: its listing has
    another grade. `foreign`: a listing that no row names.
    """

    online: Sequence[Device]
    rows: Sequence[Device]
    repriced: frozenset[str]
    added: frozenset[str]
    mistyped: str
    regraded: str
    foreign: str

    @property
    def matched(self) -> int:
        """How many rows have a listing."""
        return len(self.rows) - len(self.added)


def live_seller() -> LiveSeller:
    """The same seller every time."""
    devices = _devices()
    equal, repriced, added = (
        list(islice(devices, number)) for number in (EQUAL, REPRICED, ADDED)
    )
    mistyped, regraded, foreign = islice(devices, 3)
    other = OTHER_GRADE.get(regraded.grade, "GOOD")
    return LiveSeller(
        online=[
            *equal,
            *(replace(one, price=one.price + DISCOUNT) for one in repriced),
            mistyped,
            replace(regraded, grade=other),
            foreign,
        ],
        rows=[
            *equal,
            *repriced,
            *added,
            replace(mistyped, price=(mistyped.price / 10).quantize(CENT)),
            regraded,
        ],
        repriced=frozenset(one.sku for one in repriced),
        added=frozenset(one.sku for one in added),
        mistyped=mistyped.sku,
        regraded=regraded.sku,
        foreign=foreign.sku,
    )


def _devices() -> Iterator[Device]:
    grades = grade_words()
    for row in clean_rows():
        price = (Decimal(row.cents) / 100).quantize(CENT)
        grade = grades[row.grade]
        stock = int(row.stock)
        yield Device(row.sku, row.ean, price, stock, grade, row.family, row.title)


def as_listing(device: Device) -> Json:
    """A listing of the sandbox's control API, with a price in France."""
    return {
        "sku": device.sku,
        "ean": device.ean,
        "title": device.title,
        "grade": device.grade,
        "quantity": device.quantity,
        "markets": {"FR": {"price": str(device.price)}},
    }


def as_csv(rows: Sequence[Device]) -> bytes:
    lines = [COLUMNS, *([str(getattr(row, name)) for name in COLUMNS] for row in rows)]
    return "\n".join(";".join(line) for line in lines).encode()


def settings() -> dict[str, Json]:
    """The store's mapping and categories, by the last part of their path."""
    columns = {name: {"column": name} for name in COLUMNS}
    return {"mapping": {"attributes": columns}, "categories": categories()}
