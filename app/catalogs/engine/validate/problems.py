"""Defines every problem of a row: bit, field, code and messages.

Bit numbers are stored with each offer: append, never renumber.
"""

from app.backmarket.carriers import UnknownCarrierError, carrier_of
from app.catalogs.engine.validate.problem_types import (
    COUNT,
    GTIN,
    MAX_COMMENT,
    MAX_SKU,
    MONEY,
    TEXT,
    ProblemType,
    Severity,
    carrier_problem,
    money_problems,
    parcel_problems,
)
from app.stores.channel import GRADES

PROBLEMS: tuple[ProblemType, ...] = (
    ProblemType(
        0,
        "row",
        "row_length",
        "the row has more or fewer cells than the header",
        "one cell per column; quote cells that contain the separator",
        Severity.TORN,
    ),
    ProblemType(
        1,
        "row",
        "unreadable_row",
        "the line is not one JSON object, has a key with two values, or opens a quote "
        "that is not closed before the next row",
        "one JSON object per row, each key once; in CSV, a closing quote",
        Severity.TORN,
    ),
    ProblemType(
        2, "sku", "sku_missing", "the SKU is empty", f"1 to {MAX_SKU} characters"
    ),
    ProblemType(
        3, "sku", "text_too_long", "the SKU is too long", f"1 to {MAX_SKU} characters"
    ),
    ProblemType(4, "sku", "control_characters", "the SKU has control characters", TEXT),
    ProblemType(
        5,
        "sku",
        "duplicate_sku",
        "more than one row has the SKU",
        "each SKU once; SKUs are case-insensitive",
    ),
    ProblemType(6, "ean", "ean_missing", "the EAN is empty", GTIN),
    ProblemType(7, "ean", "ean_format", "{value} is not an EAN", GTIN),
    ProblemType(
        8,
        "ean",
        "ean_scientific",
        "a spreadsheet changed {value} to scientific notation",
        "all digits: format the column as text before you save",
    ),
    ProblemType(
        9, "ean", "ean_check_digit", "the check digit of {value} is wrong", GTIN
    ),
    ProblemType(10, "price", "price_missing", "the price is empty", MONEY),
    *money_problems(11, "price"),
    ProblemType(
        17,
        "currency",
        "currency_mismatch",
        "{value} is not the currency of the store",
        "{currency}",
    ),
    ProblemType(18, "quantity", "quantity_missing", "the quantity is empty", COUNT),
    ProblemType(19, "quantity", "quantity_format", "{value} is not a quantity", COUNT),
    ProblemType(
        20,
        "quantity",
        "quantity_negative",
        "{value} is below 0 and counts as 0",
        COUNT,
        Severity.NOTE,
    ),
    ProblemType(21, "quantity", "quantity_too_large", "{value} is too large", COUNT),
    ProblemType(22, "grade", "grade_missing", "the grade is empty", ", ".join(GRADES)),
    ProblemType(
        23, "grade", "grade_unknown", "{value} is not a grade", ", ".join(GRADES)
    ),
    ProblemType(
        24,
        "category",
        "category_missing",
        "the category is empty",
        "a category of the category mapping",
        Severity.NOT_FOR_SALE,
    ),
    ProblemType(
        25,
        "category",
        "category_unmapped",
        "the category {value} is not mapped",
        "a category of the category mapping",
        Severity.NOT_FOR_SALE,
    ),
    ProblemType(
        26,
        "product_id",
        "product_id_format",
        "{value} is not a product id",
        "a UUID or a number",
    ),
    *money_problems(27, "min_price"),
    ProblemType(
        33,
        "min_price",
        "min_price_above_price",
        "the minimum price {value} is above the price",
        "at most the price",
    ),
    ProblemType(
        34,
        "warranty_delay",
        "warranty_format",
        "{value} is not a warranty",
        "months, or years as in `2 years`",
    ),
    ProblemType(
        35, "warranty_delay", "warranty_too_short", "{value} is too short", "12 to 120"
    ),
    ProblemType(
        36, "warranty_delay", "warranty_too_long", "{value} is too long", "12 to 120"
    ),
    ProblemType(
        37,
        "comment",
        "text_too_long",
        "the comment is too long",
        f"at most {MAX_COMMENT} characters",
    ),
    ProblemType(
        38, "comment", "control_characters", "the comment has control characters", TEXT
    ),
    ProblemType(
        39,
        "new_battery",
        "boolean_format",
        "{value} is neither yes nor no",
        "true, false, yes, no, 1, 0",
    ),
    *parcel_problems(40, 1),
    *parcel_problems(43, 2),
    *parcel_problems(46, 3),
    ProblemType(
        49,
        "shipper_1",
        "shipper_repeated",
        "two shipping options have the same carrier",
        "each carrier once",
    ),
    ProblemType(
        50,
        "row",
        "excluded",
        "the filter {value} excludes the row",
        "a row that matches no filter of the mapping",
        Severity.NOT_FOR_SALE,
    ),
    *money_problems(51, "cost"),
    *(
        ProblemType(
            number,
            name,
            "price_not_whole",
            "{value} has decimals, {currency} has none",
            "a whole amount in {currency}",
        )
        for number, name in ((57, "price"), (58, "min_price"))
    ),
    ProblemType(
        59,
        "quantity",
        "quantity_sold_out",
        "{value} counts as 0",
        COUNT,
        Severity.NOTE,
    ),
    ProblemType(
        60,
        "ean",
        "ean_rounded",
        "a spreadsheet rounded {value}, as it did with other EANs of the column",
        "all digits: format the column as text before you save",
    ),
    ProblemType(
        61,
        "product_id",
        "product_id_mismatch",
        "the EAN of the row has another product id than {value} in this catalog or at "
        "Back Market",
        "the product id of Back Market for this EAN; do not map an id of your shop",
    ),
    ProblemType(
        62,
        "product_id",
        "product_id_several_eans",
        "rows with {value} have different EANs; Back Market takes all of them for one "
        "product",
        "a product id of Back Market, not of your shop",
        Severity.NOTE,
    ),
    carrier_problem(63, 1),
    carrier_problem(64, 2),
    carrier_problem(65, 3),
)

_BY_NAME = {(problem.field, problem.code): problem for problem in PROBLEMS}


def bit(field: str, code: str) -> int:
    """The mask of one problem. Raises KeyError for an unknown pair."""
    return _BY_NAME[field, code].mask


EXCLUDED = bit("row", "excluded")


def mask_of(severity: Severity) -> int:
    """Mask of all problems of one severity."""
    return sum(problem.mask for problem in PROBLEMS if problem.severity == severity)


NOTES = mask_of(Severity.NOTE)
"""Mask of everything that leaves a row valid."""
NOTE_CODES = frozenset(p.code for p in PROBLEMS if p.severity is Severity.NOTE)
"""A code is a note for every field that has it, or for none."""


def problems_in(mask: int) -> tuple[ProblemType, ...]:
    """The problems whose bits are set."""
    return tuple(problem for problem in PROBLEMS if mask & problem.mask)


def describe(
    field: str, code: str, value: str | None, currency: str
) -> tuple[str, str]:
    """Message of a problem, and what is accepted instead."""
    problem = _BY_NAME[field, code]
    shown = "the value" if value is None else f"“{value}”"
    if code == "duplicate_sku" and value is not None:
        return f"{problem.message}; line {value} is used", problem.accepted
    message = problem.message.replace("{currency}", currency).replace("{value}", shown)
    if code == "unknown_carrier" and value is not None:
        return message, _similar_carriers(value) or problem.accepted
    return message, problem.accepted.replace("{currency}", currency)


def _similar_carriers(value: str) -> str:
    try:
        return carrier_of(value)
    except UnknownCarrierError as unknown:
        return ", ".join(unknown.similar)
