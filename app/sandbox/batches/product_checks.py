"""Validates the product columns of a batch row (pure functions)."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from app.sandbox.listings.fields import FieldErrors, amount
from app.sandbox.products.categories import (
    CHOICE,
    DECIMAL,
    INTEGER,
    LEAVES,
    TEXT,
    Attribute,
)
from app.sandbox.products.product_catalog import Product

Row = Mapping[str, str]
Value = str | int
Values = dict[str, Value]

# Back Market, products, creation: the columns without which nothing is created.
REQUIRED = (
    "category_id",
    "title",
    "description",
    "brand",
    "price_new",
    "weight",
    "image1",
)
IMAGES = tuple(f"image{slot}" for slot in range(1, 7))
VAT_TYPES = ("REGULAR", "MARGINAL")
SIZES = ("width", "height", "depth")
MAX_TITLE_LENGTH = 200
MAX_BRAND_LENGTH = 100
MAX_URL_LENGTH = 1000
MAX_ATTRIBUTE_LENGTH = 500


def has_product_columns(row: Row) -> bool:
    """Return whether the row describes a product: it has a required product column."""
    return any(column in row for column in REQUIRED)


def max_length(limit: int) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if len(raw) > limit:
            raise ValueError(f"must have at most {limit} characters")
        return raw

    return parse


def category(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()) or int(raw) not in LEAVES:
        raise ValueError("must be the marketplace_category_id of a leaf category")
    return int(raw)


def price_new(raw: str) -> str:
    return str(amount(raw))


def weight(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()) or int(raw) <= 1:
        raise ValueError("must be whole grams, more than 1")
    return int(raw)


def vat_type(raw: str) -> str:
    """Back Market, corrections, products: most sellers use the margin scheme."""
    if raw not in VAT_TYPES:
        raise ValueError("must be REGULAR or MARGINAL")
    return raw


def image(raw: str) -> str:
    try:
        parts = urlsplit(raw)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be a URL that starts with http:// or https://")
    return max_length(MAX_URL_LENGTH)(raw)


PARSERS: dict[str, Callable[[str], Value]] = {
    "category_id": category,
    "title": max_length(MAX_TITLE_LENGTH),
    "description": str,
    "brand": max_length(MAX_BRAND_LENGTH),
    "price_new": price_new,
    "weight": weight,
    "vat_type": vat_type,
    **dict.fromkeys(IMAGES, image),
    **dict.fromkeys(SIZES, max_length(MAX_BRAND_LENGTH)),
}


def read_values(row: Row, known: Product | None) -> tuple[Values, FieldErrors]:
    """Parse the product columns of a row; a new product needs all required ones.

    For a known product only sent columns are checked. The required attributes of its
    category must be present, in this row or from earlier ones.
    """
    values: Values = {}
    errors: FieldErrors = {}
    if known is None:
        errors = {name: "is required" for name in REQUIRED if name not in row}
    for name, parse in PARSERS.items():
        if name in row:
            try:
                values[name] = parse(row[name])
            except ValueError as error:
                errors[name] = str(error)
    leaf = values.get("category_id", known.category_id if known else None)
    if isinstance(leaf, int):
        read_attributes(row, leaf, known, values, errors)
    return values, errors


def read_attributes(
    row: Row, leaf: int, known: Product | None, values: Values, errors: FieldErrors
) -> None:
    stored = known.attributes if known else {}
    for attribute in LEAVES[leaf].attributes:
        name = attribute.field
        value = row.get(name, stored.get(name))
        if wrong := attribute_error(attribute, value):
            errors[name] = wrong
        elif name in row:
            values[name] = row[name]


def is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit()


def is_decimal(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def is_short(text: str) -> bool:
    return len(text) <= MAX_ATTRIBUTE_LENGTH


TYPES: dict[int, tuple[Callable[[str], bool], str]] = {
    DECIMAL: (is_decimal, "must be a decimal number with a dot"),
    INTEGER: (is_integer, "must be a whole number"),
    TEXT: (is_short, f"must have at most {MAX_ATTRIBUTE_LENGTH} characters"),
}


def attribute_error(attribute: Attribute, value: str | None) -> str | None:
    """Back Market, categories, attributes: required ones, types, closed lists."""
    if value is None:
        return "is required in this category" if attribute.required else None
    if attribute.type == CHOICE:
        accepted = ", ".join(attribute.allowed)
        return None if value in attribute.allowed else f"must be one of {accepted}"
    fits, error = TYPES[attribute.type]
    return None if fits(value) else error


def update_product(product: Product, values: Values, market: str) -> tuple[str, ...]:
    """Store validated values; return the names of those that changed.

    Back Market, products: title, description and new price are the market's.
    """
    changed = [
        name for name in values if current_value(product, name, market) != values[name]
    ]
    for name in changed:
        set_value(product, name, values[name], market)
    return tuple(changed)


MARKET_FIELDS = {
    "title": "titles",
    "description": "descriptions",
    "price_new": "prices_new",
}
PRODUCT_FIELDS = ("category_id", "brand", "weight", "vat_type")


def values_of(product: Product, name: str) -> dict[str, str]:
    """Return the dict that stores a column's value."""
    if name in MARKET_FIELDS:
        return getattr(product, MARKET_FIELDS[name])  # type: ignore[no-any-return]  # one of three dicts
    if name in IMAGES:
        return product.images
    return product.sizes if name in SIZES else product.attributes


def current_value(product: Product, name: str, market: str) -> Value | None:
    if name in PRODUCT_FIELDS:
        return getattr(product, name)  # type: ignore[no-any-return]  # an int or a text
    return values_of(product, name).get(market if name in MARKET_FIELDS else name)


def set_value(product: Product, name: str, value: Value, market: str) -> None:
    if name in PRODUCT_FIELDS:
        setattr(product, name, value)
        return
    key = market if name in MARKET_FIELDS else name
    values_of(product, name)[key] = str(value)
