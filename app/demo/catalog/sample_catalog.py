"""The sample catalog: rows as a merchant writes them, with usual errors."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from itertools import count, islice

from app.demo.catalog.devices import GRADES, MAKERS, MODELS, WORTH, Model

HEADINGS = {
    "sku": "Référence",
    "ean": "Code EAN",
    "title": "Désignation",
    "brand": "Marque",
    "family": "Famille",
    "grade": "État",
    "price": "Prix TTC",
    "stock": "Stock",
    "warranty": "Garantie",
    "note": "Remarque",
}
NOTES = (
    "Livré avec câble; sans écouteurs",
    "Batterie > 85 %",
    "Testé et certifié en France",
    "Boîte d'origine; chargeur inclus",
)
WARRANTIES = ("24 mois", "2 ans", "12 mois", "36 months")
LEAST_STOCK, MAX_STOCK = 2, 40


class Dirt(StrEnum):
    """The error of a row: a code of the row report, except for the last."""

    EAN_MISSING = "ean_missing"
    EAN_CHECK_DIGIT = "ean_check_digit"
    EAN_SCIENTIFIC = "ean_scientific"
    PRICE_MISSING = "price_missing"
    PRICE_FORMAT = "price_format"
    GRADE_UNKNOWN = "grade_unknown"
    QUANTITY_FORMAT = "quantity_format"
    WARRANTY_SHORT = "warranty_too_short"
    DUPLICATE_SKU = "duplicate_sku"
    CATEGORY_UNMAPPED = "category_unmapped"
    UNKNOWN_TO_BACK_MARKET = "unknown_to_back_market"


PER_MILLE = {
    Dirt.EAN_MISSING: 1,
    Dirt.EAN_CHECK_DIGIT: 3,
    Dirt.EAN_SCIENTIFIC: 1,
    Dirt.PRICE_MISSING: 2,
    Dirt.PRICE_FORMAT: 1,
    Dirt.GRADE_UNKNOWN: 2,
    Dirt.QUANTITY_FORMAT: 1,
    Dirt.WARRANTY_SHORT: 1,
    Dirt.DUPLICATE_SKU: 2,
    Dirt.CATEGORY_UNMAPPED: 5,
    Dirt.UNKNOWN_TO_BACK_MARKET: 2,
}
AT_LEAST = {Dirt.UNKNOWN_TO_BACK_MARKET: 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; `cents` and `dirt` are not written."""

    sku: str
    ean: str
    title: str
    brand: str
    family: str
    grade: str
    price: str
    stock: str
    warranty: str
    note: str
    cents: int
    dirt: Dirt | None = None


def dirty_rows(rows: int, dirt: Dirt) -> int:
    """Return how many rows of a catalog of this size have this error."""
    return max(AT_LEAST.get(dirt, 1), rows * PER_MILLE[dirt] // 1000)


def sample_catalog(rows: int) -> list[Row]:
    """Return the same rows for the same number; the first one is clean."""
    catalog = list(islice(clean_rows(), rows))
    places = iter(sorted(range(1, rows), key=lambda place: draw("dirt", str(place))))
    for dirt in Dirt:
        for place in islice(places, dirty_rows(rows, dirt)):
            catalog[place] = replace(catalog[place], dirt=dirt)
    clean_before = catalog[0]
    for place, row in enumerate(catalog):
        if row.dirt:
            catalog[place] = CORRUPT[row.dirt](row, clean_before)
        else:
            clean_before = row
    return catalog


def clean_rows() -> Iterator[Row]:
    """Yield as many devices as requested: all variants, then more lots of them."""
    devices = [
        (model, storage, colour, grade)
        for model in MODELS
        for storage in model.storages
        for colour in model.colours
        for grade in GRADES
    ]
    devices.sort(key=lambda d: draw(d[0].name, *d[1:]))
    for lot in count(1):
        yield from (_row(*device, lot) for device in devices)


def _row(model: Model, storage: str, colour: str, grade: str, lot: int) -> Row:
    parts = (model.name, storage, colour)
    sku = _sku(*parts, grade, lot)
    step = model.storages.index(storage)
    euros = model.price * WORTH[grade] * (100 + 12 * step) // 10_000
    cents = (euros - draw("price", sku) % 12) * 100 + 90 * (draw("cents", sku) % 2)
    variant = draw("ean", *parts) % 100_000
    return Row(
        sku=sku,
        ean=with_check_digit(f"{MAKERS[model.brand]}{variant:05}"),
        title=" ".join(filter(None, (model.brand, *parts))),
        brand=model.brand,
        family=model.family,
        grade=pick(GRADES[grade], sku),
        price=format_price(cents, sku),
        stock=str(LEAST_STOCK + draw("stock", sku) % (MAX_STOCK - LEAST_STOCK)),
        warranty=pick(WARRANTIES, sku),
        note=pick(NOTES, sku),
        cents=cents,
    )


def _sku(model: str, storage: str, colour: str, grade: str, lot: int) -> str:
    size = storage.partition(" ")[0]
    words = f"{model} {size} {colour} {grade[:2]}".upper().split()
    code = "-".join(words).translate(_PLAIN)
    return f"{code}-L{lot}" if lot > 1 else code


_PLAIN = str.maketrans({'"': None, "(": None, ")": None, "É": "E", "È": "E", "Ï": "I"})


def format_price(cents: int, sku: str) -> str:
    """Format an amount in one of the styles that occur in one column."""
    plain = f"{cents // 100:,}"
    rest = f"{cents % 100:02}"
    formats = (
        f"{plain.replace(',', '.')},{rest} €",
        f"{plain.replace(',', '.')},{rest} EUR",
        f"{plain.replace(',', ' ')},{rest} €",
        f"{plain.replace(',', '')},{rest}",
    )
    return pick(formats, "way", sku)


def with_check_digit(digits: str) -> str:
    """Append the check digit to twelve digits (weights 3 and 1 from the right)."""
    weighted = sum(
        int(digit) * (1 if place % 2 else 3)
        for place, digit in enumerate(reversed(digits))
    )
    return f"{digits}{-weighted % 10}"


def _wrong_check_digit(row: Row, _: Row) -> Row:
    return replace(row, ean=f"{row.ean[:-1]}{(int(row.ean[-1]) + 1) % 10}")


def _spreadsheet(row: Row, _: Row) -> Row:
    return replace(row, ean=f"{int(row.ean):.5E}".replace(".", ","))


def _unknown(row: Row, _: Row) -> Row:
    """The sandbox knows no EANs that start with 99."""
    return replace(row, ean=with_check_digit(f"99{row.ean[2:12]}"))


def _duplicate_sku(row: Row, clean_before: Row) -> Row:
    return replace(row, sku=clean_before.sku)


CORRUPT: dict[Dirt, Callable[[Row, Row], Row]] = {
    Dirt.EAN_MISSING: lambda row, _: replace(row, ean=""),
    Dirt.EAN_CHECK_DIGIT: _wrong_check_digit,
    Dirt.EAN_SCIENTIFIC: _spreadsheet,
    Dirt.PRICE_MISSING: lambda row, _: replace(row, price=""),
    Dirt.PRICE_FORMAT: lambda row, _: replace(row, price="sur demande"),
    Dirt.GRADE_UNKNOWN: lambda row, _: replace(row, grade="À vérifier"),
    Dirt.QUANTITY_FORMAT: lambda row, _: replace(row, stock="plusieurs"),
    Dirt.WARRANTY_SHORT: lambda row, _: replace(row, warranty="6 mois"),
    Dirt.DUPLICATE_SKU: _duplicate_sku,
    Dirt.CATEGORY_UNMAPPED: lambda row, _: replace(row, family="Pièces détachées"),
    Dirt.UNKNOWN_TO_BACK_MARKET: _unknown,
}


def problems(catalog: Sequence[Row]) -> dict[str, int]:
    """Return the expected problem counts of the row report."""
    found = Counter(str(row.dirt) for row in catalog if row.dirt)
    found.pop(Dirt.UNKNOWN_TO_BACK_MARKET, None)
    return dict(found)


def as_csv(catalog: Sequence[Row]) -> str:
    """Semicolons, and quotes where a cell needs them, as a French Excel saves."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADINGS.values())
    for row in catalog:
        writer.writerow(getattr(row, name) for name in HEADINGS)
    return text.getvalue()


def pick(choices: Sequence[str], *key: str) -> str:
    """Return the same choice for the same key."""
    return choices[draw("pick", *key) % len(choices)]


@cache
def draw(*key: str) -> int:
    """Return a pseudo-random number that depends only on the key."""
    digest = blake2b("\0".join(key).encode(), digest_size=6).digest()
    return int.from_bytes(digest)
