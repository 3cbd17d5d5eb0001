"""Validates attribute texts: builds an offer's fields and a mask of problems."""

from collections.abc import Mapping as Lookup
from functools import lru_cache

import polars as pl

from app.backmarket.markets import WITHOUT_DECIMALS
from app.catalogs.engine.config import ProductFacts
from app.catalogs.engine.validate import numbers
from app.catalogs.engine.validate.checks import OfferChecks, parsed_column
from app.catalogs.engine.validate.gtin import canonical_gtin, gtin_problems, gtin_text
from app.catalogs.engine.validate.money import Flaw
from app.catalogs.engine.validate.piecewise import by_expression, piecewise
from app.catalogs.engine.validate.problem_types import (
    MAX_COMMENT,
    MAX_SKU,
)
from app.catalogs.engine.validate.problems import bit
from app.catalogs.engine.validate.product_ids import has_several_eans, is_mismatched
from app.catalogs.engine.validate.shipping import check_shipping, parcel_names
from app.catalogs.engine.validate.texts import BLANKS, CONTROL, is_too_long
from app.stores.channel import GRADES, PARCEL_OPTIONS

_CONTROL_IN_TEXT = r"[\p{Cc}\x{FFFD}--[\t\r\n]]"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PRODUCT_ID = rf"^(?:[0-9]{{1,18}}|(?i:{_UUID}))$"
MONEY_CODES = {
    Flaw.FORMAT: "price_format",
    Flaw.AMBIGUOUS: "ambiguous_number",
    Flaw.DECIMALS: "price_decimals",
    Flaw.NOT_POSITIVE: "price_not_positive",
    Flaw.TOO_LARGE: "price_too_large",
    Flaw.CURRENCY: "currency_mismatch",
}
_GRADES = {grade.replace("_", ""): grade for grade in GRADES}
_SPELLINGS = {
    spell(grade.replace("_", gap)): grade
    for grade in GRADES
    for gap in ("_", " ", "-", "")
    for spell in (str.upper, str.lower, str.capitalize, str.title)
}
GRADE = pl.Struct({"grade": pl.String})


@lru_cache(maxsize=8)
def parse_expressions(attributes: frozenset[str]) -> Lookup[str, pl.Expr]:
    """Parse expressions by attribute, without amounts."""
    grade = pl.col("grade")
    read = {
        "ean": gtin_text(pl.col("ean")),
        "quantity": numbers.quantity(pl.col("quantity")),
        "grade": piecewise(
            grade, _common_grade, by_expression(_normalized_grade), GRADE
        ),
    }
    if "warranty_delay" in attributes:
        read["warranty_delay"] = numbers.warranty(pl.col("warranty_delay"))
    if "new_battery" in attributes:
        read["new_battery"] = numbers.boolean(pl.col("new_battery"))
    for number in PARCEL_OPTIONS:
        name = parcel_names(number)[2]
        if name in attributes:
            read[name] = numbers.delay(pl.col(name), bit(name, "delay_format"))
    return read


def check_offer(  # noqa: PLR0913, PLR0917 - the settings of a store, then the catalog's
    attributes: frozenset[str],
    categories: Lookup[str, int],
    currency: str,
    commissions: Lookup[str, int],
    rounded_zeros: int,
    products: ProductFacts,
) -> OfferChecks:
    """Fields and problems of a row.

    `rounded_zeros` and `products` depend on all rows of the catalog.
    """
    result = OfferChecks()
    _sku(result)
    _ean(result, rounded_zeros)
    if "product_id" in attributes:
        _product_id(result, products)
    _price(result, attributes, currency)
    _add_parsed(result, "quantity")
    result.fields["quantity"] = result.fields["quantity"].clip(lower_bound=0)
    _grade(result)
    _category(result, categories)
    if "cost" in attributes:
        _add_amount(result, "cost")
        result.fields["cpa"] = _commission_rate(commissions)
    _optional(result, attributes)
    check_shipping(result, attributes)
    return result


def _sku(result: OfferChecks) -> None:
    sku = pl.col("sku")
    result.flag(sku.is_null(), "sku", "sku_missing")
    result.flag(_is_long(sku), "sku", "text_too_long")
    result.flag(_has_control(sku), "sku", "control_characters")
    result.fields["sku"] = usable_sku()


def usable_sku() -> pl.Expr:
    """The SKU, null if no offer can have it."""
    sku = pl.col("sku")
    return pl.when(~_has_control(sku) & ~_is_long(sku)).then(sku)


def _is_long(sku: pl.Expr) -> pl.Expr:
    return (sku.str.len_chars() > MAX_SKU) | is_too_long(sku)


def _has_control(text: pl.Expr) -> pl.Expr:
    return text.str.contains(CONTROL)


def _ean(result: OfferChecks, rounded_zeros: int) -> None:
    ean = pl.col(parsed_column("ean"))
    result.masks.append(gtin_problems(ean, rounded_zeros))
    result.fields["ean"] = canonical_gtin(ean)


def _product_id(result: OfferChecks, facts: ProductFacts) -> None:
    wrong = ~pl.col("product_id").str.contains(_PRODUCT_ID)
    result.flag(wrong, "product_id", "product_id_format")
    result.fields["product_id"] = product = product_id()
    mismatched = is_mismatched(result.fields["ean"], product, facts)
    result.flag(mismatched, "product_id", "product_id_mismatch")
    result.flag(
        has_several_eans(product, facts), "product_id", "product_id_several_eans"
    )


def product_id() -> pl.Expr:
    """The product id of Back Market as it is compared and stored."""
    return pl.col("product_id").str.to_lowercase()


def _price(result: OfferChecks, attributes: frozenset[str], currency: str) -> None:
    result.flag(pl.col("price").is_null(), "price", "price_missing")
    _add_amount(result, "price")
    _whole_amount(result, "price", currency)
    if "currency" in attributes:
        other = pl.col("currency").str.to_uppercase() != currency
        result.flag(other, "currency", "currency_mismatch")
    if "min_price" in attributes:
        _add_amount(result, "min_price")
        _whole_amount(result, "min_price", currency)
        above = result.fields["min_price"] > result.fields["price"]
        result.flag(above, "min_price", "min_price_above_price")


def _whole_amount(result: OfferChecks, name: str, currency: str) -> None:
    """Back Market API (section 16): only whole amounts are safe in yen."""
    if currency in WITHOUT_DECIMALS:
        result.flag(is_not_whole(result.fields[name]), name, "price_not_whole")


def is_not_whole(cents: pl.Expr) -> pl.Expr:
    """Whether an amount has a fraction; false where there is no amount."""
    return (cents % 100 != 0).fill_null(value=False)


def _add_amount(result: OfferChecks, name: str) -> None:
    read = pl.col(parsed_column(name)).struct
    flaw = read.field("flaw")
    # Flaws have the order of the problem bits: one multiplication shifts all.
    first = bit(name, MONEY_CODES[Flaw.FORMAT])
    result.masks.append(flaw * first)
    result.fields[name] = read.field("cents")


def _add_parsed(result: OfferChecks, name: str) -> None:
    read = pl.col(parsed_column(name)).struct
    result.fields[name] = read.field("value")
    result.masks.append(read.field("problems"))


def _grade(result: OfferChecks) -> None:
    grade = pl.col("grade")
    known = pl.col(parsed_column("grade")).struct.field("grade")
    result.flag(grade.is_null(), "grade", "grade_missing")
    result.flag(grade.is_not_null() & known.is_null(), "grade", "grade_unknown")
    result.fields["grade"] = known


def _common_grade(text: pl.Expr) -> pl.Expr:
    """A struct for known spellings; null leaves the value to the fallback."""
    known = text.replace_strict(
        list(_SPELLINGS),
        list(_SPELLINGS.values()),
        default=None,
        return_dtype=pl.String,
    )
    return pl.when(known.is_not_null()).then(pl.struct(known.alias("grade")))


def _normalized_grade(text: pl.Expr) -> pl.Expr:
    folded = text.str.to_uppercase().str.replace_all(r"[\s_-]+", "")
    known = folded.replace_strict(
        list(_GRADES), list(_GRADES.values()), default=None, return_dtype=pl.String
    )
    return pl.struct(known.alias("grade"))


def _category(result: OfferChecks, categories: Lookup[str, int]) -> None:
    category = pl.col("category")
    keys = pl.Series([key.strip(BLANKS).lower() for key in categories], dtype=pl.String)
    mapped = category.str.to_lowercase().is_in(keys.implode())
    result.flag(category.is_null(), "category", "category_missing")
    result.flag(category.is_not_null() & ~mapped, "category", "category_unmapped")


def _commission_rate(commissions: Lookup[str, int]) -> pl.Expr:
    """Commission of the row's category in hundredths of a percent."""
    known = {key.strip(BLANKS).lower(): cpa for key, cpa in commissions.items()}
    return (
        pl.col("category")
        .str.to_lowercase()
        .replace_strict(
            list(known), list(known.values()), default=None, return_dtype=pl.Int64
        )
    )


def _optional(result: OfferChecks, attributes: frozenset[str]) -> None:
    for name in ("warranty_delay", "new_battery"):
        if name in attributes:
            _add_parsed(result, name)
    if "comment" in attributes:
        comment = pl.col("comment")
        long = (comment.str.len_chars() > MAX_COMMENT) | is_too_long(comment)
        control = comment.str.contains(_CONTROL_IN_TEXT)
        result.flag(long, "comment", "text_too_long")
        result.flag(control, "comment", "control_characters")
        result.fields["comment"] = comment
