"""What a batch row has to hold to start a listing, or a product: pure checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.sandbox.catalogue import Catalogue, Product, has_right_check_digit, invent
from app.sandbox.categories import CHOICE, LEAVES, Attribute
from app.sandbox.fields import Mistakes
from app.sandbox.listings import GRADE_WORDS, GRADES
from app.sandbox.markets import Market
from app.sandbox.options import ErrorShape, SandboxOptions

Row = Mapping[str, str]

LONGEST_SKU = 200
DEFAULT_GRADE = "GOOD"
PRODUCT_COLUMNS = (
    "category_id",
    "title",
    "description",
    "brand",
    "price_new",
    "weight",
    "image1",
)
LONGEST = {"title": 200, "brand": 100, "image1": 1000}
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a new listing can never change again."""

    product: Product
    grade: str
    new_battery: bool


class RowRefusedError(Exception):
    """This row is refused; the others go on."""

    def __init__(self, mistakes: Mistakes, shape: ErrorShape | None = None) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes
        self.shape = shape


def grade_of(row: Row) -> str:
    """The word wins over the old code; nothing at all means GOOD.

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
        raise RowRefusedError({"state": "is no known grade code"})
    return GRADE_WORDS[int(code)]


def new_battery_of(row: Row) -> bool:
    word = row.get("new_battery", "false").lower()
    if word not in TRUTHS:
        raise RowRefusedError({"new_battery": "must be true or false"})
    return TRUTHS[word]


def product_of(
    row: Row, catalogue: Catalogue, options: SandboxOptions, creation: "Creation"
) -> Product:
    """Back Market, listings, batch: product_id wins over ean, one is needed."""
    if reference := row.get("product_id") or row.get("backmarket_id"):
        try:
            product = catalogue.by_reference(reference, options)
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
    if product := catalogue.by_any_ean(ean, options):
        return product
    return catalogue.add(new_product(row, ean, creation))


@dataclass(frozen=True, slots=True)
class Creation:
    """Who describes a product, and for which market."""

    owner: str
    market: Market


def new_product(row: Row, ean: str, creation: Creation) -> Product:
    """A product nobody described before waits for validation.

    Back Market, products, creation: only with a listing, and only when every
    required column is there.
    """
    if not any(column in row for column in PRODUCT_COLUMNS):
        raise RowRefusedError({"ean": f"unknown EAN {ean}: product columns needed"})
    if mistakes := product_mistakes(row):
        raise RowRefusedError(mistakes)
    product = invent(ean.zfill(13), ean)
    product.category_id = int(row["category_id"])
    product.titles = {creation.market.code: row["title"]}
    product.owner = creation.owner
    product.validated = False
    return product


def product_mistakes(row: Row) -> Mistakes:
    mistakes = {
        column: "is required" for column in PRODUCT_COLUMNS if column not in row
    }
    for column, most in LONGEST.items():
        if len(row.get(column, "")) > most:
            mistakes[column] = f"must have at most {most} characters"
    weight = row.get("weight", "2")
    if not weight.isdigit() or int(weight) <= 1:
        mistakes["weight"] = "must be whole grams, more than 1"
    try:
        category = LEAVES.get(int(row.get("category_id", "0")))
    except ValueError:
        category = None
    if category is None:
        mistakes.setdefault("category_id", "is not a leaf of the category tree")
        return mistakes
    for attribute in category.attributes:
        if wrong := attribute_mistake(attribute, row.get(attribute.field)):
            mistakes[attribute.field] = wrong
    return mistakes


def attribute_mistake(attribute: Attribute, value: str | None) -> str | None:
    """Back Market, categories, attributes: required ones and closed lists."""
    if value is None:
        return "is required in this category" if attribute.required else None
    if attribute.type == CHOICE and value not in attribute.allowed:
        return f"must be one of {', '.join(attribute.allowed)}"
    return None


def identity_of(
    row: Row, catalogue: Catalogue, options: SandboxOptions, creation: Creation
) -> Identity:
    """Everything a create needs beside price and stock, or the reasons it fails."""
    missing = {name: "is required" for name in ("quantity", "price") if name not in row}
    if missing:
        raise RowRefusedError(missing)
    grade, new_battery = grade_of(row), new_battery_of(row)
    return Identity(product_of(row, catalogue, options, creation), grade, new_battery)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
