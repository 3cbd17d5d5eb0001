"""What a product's description has to hold, column by column: pure checks."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from app.sandbox.listings.fields import Mistakes, amount
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
SIZES = ("width", "height", "depth")
LONGEST_TITLE = 200
LONGEST_BRAND = 100
LONGEST_URL = 1000
LONGEST_ATTRIBUTE = 500


def described(row: Row) -> bool:
    """Some product column is there, so somebody meant to describe a product."""
    return any(column in row for column in REQUIRED)


def short(longest: int) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if len(raw) > longest:
            raise ValueError(f"must have at most {longest} characters")
        return raw

    return parse


def category(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()) or int(raw) not in LEAVES:
        raise ValueError("must be the marketplace_category_id of a leaf of the tree")
    return int(raw)


def price_new(raw: str) -> str:
    return str(amount(raw))


def weight(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()) or int(raw) <= 1:
        raise ValueError("must be whole grams, more than 1")
    return int(raw)


def image(raw: str) -> str:
    try:
        parts = urlsplit(raw)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be a URL that starts with http:// or https://")
    return short(LONGEST_URL)(raw)


PARSERS: dict[str, Callable[[str], Value]] = {
    "category_id": category,
    "title": short(LONGEST_TITLE),
    "description": str,
    "brand": short(LONGEST_BRAND),
    "price_new": price_new,
    "weight": weight,
    **dict.fromkeys(IMAGES, image),
    **dict.fromkeys(SIZES, short(LONGEST_BRAND)),
}


def read(row: Row, known: Product | None) -> tuple[Values, Mistakes]:
    """The described columns of a row; a new product needs all required ones.

    For a known product only what is sent is looked at; its category's required
    attributes have to stand afterwards, sent now or before.
    """
    values: Values = {}
    mistakes: Mistakes = {}
    if known is None:
        mistakes = {name: "is required" for name in REQUIRED if name not in row}
    for name, parse in PARSERS.items():
        if name in row:
            try:
                values[name] = parse(row[name])
            except ValueError as error:
                mistakes[name] = str(error)
    leaf = values.get("category_id", known.category_id if known else None)
    if isinstance(leaf, int):
        read_attributes(row, leaf, known, values, mistakes)
    return values, mistakes


def read_attributes(
    row: Row, leaf: int, known: Product | None, values: Values, mistakes: Mistakes
) -> None:
    kept = known.attributes if known else {}
    for attribute in LEAVES[leaf].attributes:
        name = attribute.field
        value = row.get(name, kept.get(name))
        if wrong := attribute_mistake(attribute, value):
            mistakes[name] = wrong
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
    return len(text) <= LONGEST_ATTRIBUTE


TYPES: dict[int, tuple[Callable[[str], bool], str]] = {
    DECIMAL: (is_decimal, "must be a decimal number with a dot"),
    INTEGER: (is_integer, "must be a whole number"),
    TEXT: (is_short, f"must have at most {LONGEST_ATTRIBUTE} characters"),
}


def attribute_mistake(attribute: Attribute, value: str | None) -> str | None:
    """Back Market, categories, attributes: required ones, types, closed lists."""
    if value is None:
        return "is required in this category" if attribute.required else None
    if attribute.type == CHOICE:
        accepted = ", ".join(attribute.allowed)
        return None if value in attribute.allowed else f"must be one of {accepted}"
    fits, mistake = TYPES[attribute.type]
    return None if fits(value) else mistake


def describe(product: Product, values: Values, market: str) -> tuple[str, ...]:
    """Write checked values; say which became different.

    Back Market, products: title, description and new price are the market's.
    """
    changed = [
        name for name in values if present(product, name, market) != values[name]
    ]
    for name in changed:
        put(product, name, values[name], market)
    return tuple(changed)


OF_MARKETS = {
    "title": "titles",
    "description": "descriptions",
    "price_new": "prices_new",
}
OWN = ("category_id", "brand", "weight")


def shelf_of(product: Product, name: str) -> dict[str, str]:
    """Where a column's value is kept; images, sizes and attributes by name."""
    if name in OF_MARKETS:
        return getattr(product, OF_MARKETS[name])  # type: ignore[no-any-return]  # one of three dicts
    if name in IMAGES:
        return product.images
    return product.sizes if name in SIZES else product.attributes


def present(product: Product, name: str, market: str) -> Value | None:
    if name in OWN:
        return getattr(product, name)  # type: ignore[no-any-return]  # an int or a text
    return shelf_of(product, name).get(market if name in OF_MARKETS else name)


def put(product: Product, name: str, value: Value, market: str) -> None:
    if name in OWN:
        setattr(product, name, value)
        return
    key = market if name in OF_MARKETS else name
    shelf_of(product, name)[key] = str(value)
