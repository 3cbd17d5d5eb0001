"""Validates the identity columns of a batch row, and resolves its product."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.sandbox.batches import product_checks
from app.sandbox.batches.product_checks import Values
from app.sandbox.listings.fields import FieldErrors
from app.sandbox.listings.listing_model import GRADE_WORDS, GRADES
from app.sandbox.markets import Market
from app.sandbox.options import ErrorShape, SandboxOptions
from app.sandbox.products.product_catalog import (
    Product,
    ProductCatalog,
    has_right_check_digit,
    invent,
)

Row = Mapping[str, str]

MAX_SKU_LENGTH = 200
DEFAULT_GRADE = "GOOD"
BOOLEANS = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """The fields of a listing that cannot change after its creation."""

    product: Product
    grade: str
    new_battery: bool


class RowRefusedError(Exception):
    """The row is refused; the other rows are processed."""

    def __init__(self, errors: FieldErrors, shape: ErrorShape | None = None) -> None:
        super().__init__(errors)
        self.errors = errors
        self.shape = shape


def grade_of(row: Row) -> str:
    """Prefer `grade` over the old code in `state`; the default is GOOD.

    Back Market, listings, batch, columns `grade` and `state`.
    """
    if word := row.get("grade"):
        if word.upper() not in GRADES:
            raise RowRefusedError({"grade": f"must be one of {', '.join(GRADES)}"})
        return word.upper()
    code = row.get("state")
    if code is None:
        return DEFAULT_GRADE
    if not code.isdigit() or int(code) not in GRADE_WORDS:
        raise RowRefusedError({"state": "is not a known grade code"})
    return GRADE_WORDS[int(code)]


def new_battery_of(row: Row) -> bool:
    word = row.get("new_battery", "false").lower()
    if word not in BOOLEANS:
        raise RowRefusedError({"new_battery": "must be true or false"})
    return BOOLEANS[word]


def product_of(
    row: Row, catalog: ProductCatalog, options: SandboxOptions, creation: "Creation"
) -> Product:
    """Back Market, listings, batch: product_id wins over ean; one is required."""
    if reference := row.get("product_id") or row.get("backmarket_id"):
        try:
            product = catalog.by_reference(reference, options)
        except ValueError:
            product = None
        if product is None:
            raise RowRefusedError({"product_id": f"unknown product {reference!r}"})
        return product
    ean = row.get("ean")
    if ean is None:
        raise RowRefusedError({"ean": "is required unless product_id is given"})
    if not has_right_check_digit(ean):
        raise RowRefusedError({"ean": f"is not a valid EAN: {ean!r}"})
    if product := catalog.by_any_ean(ean, options):
        values = product_changes(product, row, creation)
        product_checks.update_product(product, values, creation.market.code)
        return product
    return catalog.add(new_product(row, ean, creation))


@dataclass(frozen=True, slots=True)
class Creation:
    """The owner and market of a described product, and when it is validated."""

    owner: str
    market: Market
    validates_at: float | None = None
    validated: bool = False


def new_product(row: Row, ean: str, creation: Creation) -> Product:
    """Create a product that awaits validation.

    Back Market, products, creation: only together with a listing, and only if every
    required column is present.
    """
    if not product_checks.has_product_columns(row):
        raise RowRefusedError({"ean": f"unknown EAN {ean}: product columns needed"})
    values, errors = product_checks.read_values(row, None)
    if errors:
        raise RowRefusedError(errors)
    product = invent(ean.zfill(13), ean)
    product_checks.update_product(product, values, creation.market.code)
    product.owner = creation.owner
    product.validated = creation.validated
    product.validates_at = creation.validates_at
    return product


def product_changes(product: Product, row: Row, creation: Creation) -> Values:
    """Return the values that a row may change of a known product.

    Back Market, products: only its owner can change it, until it is validated; later
    changes are ignored without an error.
    """
    if product.validated or product.owner != creation.owner:
        return {}
    values, errors = product_checks.read_values(row, product)
    if errors:
        raise RowRefusedError(errors)
    return values


def identity_of(
    row: Row, catalog: ProductCatalog, options: SandboxOptions, creation: Creation
) -> Identity:
    """Return the identity of a new listing.

    Raises RowRefusedError with the invalid or missing fields.
    """
    missing = {name: "is required" for name in ("quantity", "price") if name not in row}
    if missing:
        raise RowRefusedError(missing)
    grade, new_battery = grade_of(row), new_battery_of(row)
    return Identity(product_of(row, catalog, options, creation), grade, new_battery)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
