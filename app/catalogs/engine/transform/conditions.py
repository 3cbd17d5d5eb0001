"""Compiles conditions to boolean column expressions that are never null."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import and_, or_

import polars as pl

from app.catalogs.engine.transform.cells import cell_text
from app.catalogs.engine.validate.texts import fold_case, lookup_key
from app.stores.mapping.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Contains,
    Empty,
    EndsWith,
    Equals,
    In,
    Matches,
    Not,
    StartsWith,
    ValueCondition,
)

MICROS = 1_000_000
"""Numbers are compared as integers in millionths: no rounding errors."""
_SEPARATORS = {"auto": r"[.,]", "comma": ",", "point": r"\."}
_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$"


@dataclass(frozen=True, slots=True)
class RowView:
    """How a condition gets its value: as text, or as a number in millionths."""

    text: Callable[[ValueCondition], pl.Expr]
    number: Callable[[Compare], pl.Expr]


def column_text(look: ValueCondition) -> pl.Expr:
    """The trimmed cell of a column, null if empty."""
    return cell_text(str(look.column))


def column_number(look: Compare) -> pl.Expr:
    """The number in a column, null if there is none or it is ambiguous."""
    return read_number(column_text(look), look.decimal)


COLUMNS_ONLY = RowView(column_text, column_number)


def holds(condition: Condition, view: RowView = COLUMNS_ONLY) -> pl.Expr:
    """Whether the condition holds for a row."""
    if isinstance(condition, Not):
        return ~holds(condition.of, view)
    if isinstance(condition, AllOf | AnyOf):
        join = and_ if isinstance(condition, AllOf) else or_
        return reduce(join, (holds(inner, view) for inner in condition.of))
    if isinstance(condition, Compare):
        result = _number_condition(view.number(condition), condition)
    else:
        result = _text_condition(view.text(condition), condition)
    return result.fill_null(value=False)


def _text_condition(  # noqa: PLR0911 - a line for each condition
    text: pl.Expr, look: ValueCondition
) -> pl.Expr:
    match look:
        case Empty():
            return text.is_null()
        case Matches():
            return text.str.contains(look.pattern)
        case In():
            keys = pl.Series(
                [lookup_key(value) for value in look.values], dtype=pl.String
            )
            return fold_case(text).is_in(keys.implode())
        case Equals():
            return fold_case(text) == lookup_key(look.value)
        case Contains():
            return fold_case(text).str.contains(look.value.lower(), literal=True)
        case StartsWith():
            return fold_case(text).str.starts_with(look.value.lower())
        case EndsWith():
            return fold_case(text).str.ends_with(look.value.lower())
        case _:
            raise TypeError(look)


def _number_condition(number: pl.Expr, look: Compare) -> pl.Expr:
    value = pl.lit(micros(look.value), pl.Int64)
    match look.op:
        case "less_than":
            return number < value
        case "at_most":
            return number <= value
        case "more_than":
            return number > value
        case "at_least":
            return number >= value


def micros(number: Decimal) -> int:
    """The number in millionths; exact, since a condition has at most 6 decimals."""
    return int(number * MICROS)


def read_number(text: pl.Expr, decimal: str) -> pl.Expr:
    """A plain number in millionths; null if ambiguous, such as `1,299`."""
    separator = _SEPARATORS[decimal]
    number = text.str.replace_all(r"[\s\x{00A0}]", "")
    pattern = rf"^([+-]?)([0-9]{{1,9}})(?:{separator}([0-9]{{1,6}})0*)?$"
    digits = number.str.extract(pattern, 2) + number.str.extract(pattern, 3).fill_null(
        ""
    ).str.pad_end(6, "0")
    value = digits.cast(pl.Int64, strict=False)
    value = pl.when(number.str.starts_with("-")).then(-value).otherwise(value)
    if decimal != "auto":
        return value
    return pl.when(~number.str.contains(_THOUSANDS)).then(value)
