"""Defines and validates the texts, numbers and patterns of a mapping."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

import polars as pl
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.backmarket.markets import MARKETS, UnknownMarketError, market_of

MAX_PATTERN = 300
MAX_PATTERNS = 30
"""In one mapping; compiling one blocks the process for up to 0.15 s."""
_MAX_REPEATS = 100
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
ANY_COUNTRY = "*"

Text = Annotated[str, Field(min_length=1, max_length=300)]
NewValue = Annotated[str, Field(max_length=1000)]
"""What a replacement puts in place of a whole value; may be empty."""
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)
]


@lru_cache(maxsize=1000)
def groups_of(pattern: str) -> int:
    """How many groups a pattern has. Raises ValueError for an invalid pattern."""
    try:
        found = pl.Series([""], dtype=pl.String).str.extract_groups(pattern)
        pl.Series([""], dtype=pl.String).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        raise ValueError(_reason(str(error))) from None
    return len(found.struct.fields) if isinstance(found.dtype, pl.Struct) else 0


def _reason(error: str) -> str:
    if "size limit" in error:
        return "it is too large once compiled"
    found = re.search(r"^error: (.+)$", error, re.MULTILINE)
    return found[1] if found else "it cannot be compiled"


def _validate_pattern(pattern: str) -> str:
    """Rust's engine takes linear time; counted repetitions bound its constant."""
    repeats = 1
    for least, most in _COUNTED.findall(pattern):
        repeats *= max(int(most or least), 1)
        if repeats > _MAX_REPEATS:
            raise _bad_pattern(
                f"its counted repetitions multiply to over {_MAX_REPEATS}"
            )
    try:
        groups_of(pattern)
    except ValueError as error:
        raise _bad_pattern(str(error)) from None
    return pattern


def few_patterns(given: object) -> object:
    """Limit the patterns of a mapping before any of them is compiled."""
    pending, patterns = [given], 0
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            patterns += "pattern" in node
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    if patterns > MAX_PATTERNS:
        raise PydanticCustomError(
            "too_many_patterns",
            "The mapping has {patterns} patterns.",
            {"patterns": patterns, "accepted": f"at most {MAX_PATTERNS} patterns"},
        )
    return given


def _bad_pattern(reason: str) -> PydanticCustomError:
    return PydanticCustomError(
        "bad_pattern",
        "Invalid pattern: {reason}.",
        {
            "reason": reason,
            "accepted": "a regular expression of Rust's `regex`, without "
            f"look-around and back-references, at most {MAX_PATTERN} characters",
        },
    )


Pattern = Annotated[
    str, Field(min_length=1, max_length=MAX_PATTERN), AfterValidator(_validate_pattern)
]


def _country(code: str) -> str:
    if code == ANY_COUNTRY:
        return code
    try:
        return market_of(code).country
    except UnknownMarketError:
        raise PydanticCustomError(
            "unknown_market",
            "Back Market has no market `{given}`.",
            {
                "given": code[:20],
                "accepted": ", ".join([*sorted(MARKETS), ANY_COUNTRY]),
            },
        ) from None


Country = Annotated[str, Field(max_length=10), AfterValidator(_country)]
"""ISO 3166 alpha-2 of a market, or `*` for every other one."""


def _not_zero(number: Decimal) -> Decimal:
    if number == 0:
        raise PydanticCustomError(
            "division_by_zero",
            "Division by 0.",
            {"accepted": "a number above 0"},
        )
    return number


Factor = Annotated[Decimal, Field(gt=0, max_digits=9, decimal_places=6)]
Divisor = Annotated[
    Decimal, AfterValidator(_not_zero), Field(gt=0, max_digits=9, decimal_places=6)
]
Percent = Annotated[Decimal, Field(gt=-100, le=1000, decimal_places=4)]
Number = Annotated[Decimal, Field(max_digits=15, decimal_places=6)]
Amount = Annotated[
    Decimal, Field(ge=-9_999_999, le=9_999_999, max_digits=9, decimal_places=2)
]
