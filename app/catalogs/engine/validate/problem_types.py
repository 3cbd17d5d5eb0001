"""Defines what a problem of a row is, its severity and limits, and repeated kinds."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

MASK = pl.Int128()
"""A mask of problems: more than 63 bits. Parsers whose problems fit have Int64."""


class Severity(StrEnum):
    """`torn`: no cell of the row is trusted. `not_for_sale`: valid, but not sold.

    `note`: the row is valid, and the report says how the value was understood.
    """

    TORN = "torn"
    BLOCKING = "blocking"
    NOT_FOR_SALE = "not_for_sale"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem; texts may contain `{value}` and `{currency}`."""

    bit: int
    field: str
    code: str
    message: str
    accepted: str
    severity: Severity = Severity.BLOCKING

    @property
    def mask(self) -> int:
        return 1 << self.bit


MAX_SKU = 200
MAX_COMMENT = 500
MAX_QUANTITY = 1_000_000
MAX_CENTS = 999_999_999
"""9,999,999.99; a higher price is a typing error."""

MONEY = "an amount in {currency} such as 1299.00, `1.299,00 EUR` or `€ 1,299.00`"
GTIN = "a GTIN-8, GTIN-12 or GTIN-13 with a valid check digit, as text"
RANGE = "more than 0, at most 9999999.99"
TEXT = "text without control characters"
COUNT = f"a whole number from 0 to {MAX_QUANTITY}"
DECIMALS = "at most 2 decimals, or a number step such as `round` to 0.01"
SIGN = "2 decimals, or `decimal` of the mapping set to comma or point"


def money_problems(first: int, name: str) -> tuple[ProblemType, ...]:
    return (
        ProblemType(first, name, "price_format", "{value} is not an amount", MONEY),
        ProblemType(
            first + 1,
            name,
            "ambiguous_number",
            "the separator in {value} may be for thousands or decimals",
            SIGN,
        ),
        ProblemType(
            first + 2,
            name,
            "price_decimals",
            "{value} has more than 2 decimals",
            DECIMALS,
        ),
        ProblemType(
            first + 3, name, "price_not_positive", "{value} is not above 0", RANGE
        ),
        ProblemType(first + 4, name, "price_too_large", "{value} is too large", RANGE),
        ProblemType(
            first + 5,
            name,
            "currency_mismatch",
            "{value} is not in {currency}",
            "{currency}, the currency of the store",
        ),
    )


def parcel_problems(first: int, number: int) -> tuple[ProblemType, ...]:
    return (
        ProblemType(
            first,
            f"shipper_{number}",
            "shipping_incomplete",
            "a carrier needs a name, its price and its delay",
            "all three, or none of them",
        ),
        ProblemType(
            first + 1,
            f"shipping_price_{number}",
            "price_format",
            "{value} is not a shipping price",
            "an amount in {currency}, 0 or more, with at most 2 decimals",
        ),
        ProblemType(
            first + 2,
            f"shipping_delay_{number}",
            "delay_format",
            "{value} is not a delay",
            "hours, a whole number from 1 to 2000",
        ),
    )


def carrier_problem(number: int, parcel: int) -> ProblemType:
    return ProblemType(
        number,
        f"shipper_{parcel}",
        "unknown_carrier",
        "{value} is not a carrier of Back Market",
        "a name of GET /v1/channel/carriers",
    )
