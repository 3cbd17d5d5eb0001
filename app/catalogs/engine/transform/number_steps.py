"""Compiles number steps to column expressions on integers: cents or pieces.

Each step rounds: amounts to the nearest cent (half up), quantities down, so that no
more pieces are offered than exist.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import polars as pl

from app.catalogs.engine.validate.problems import MAX_CENTS, MAX_QUANTITY, bit
from app.stores.mapping.rule_steps import (
    Add,
    AddPercent,
    AtLeast,
    AtMost,
    Buffer,
    Divide,
    Ending,
    Multiply,
    NumberStep,
    Round,
)

_LIMIT = MAX_CENTS + 1
"""Larger numbers become null, so that a factor of 9 digits cannot overflow 64 bits."""
CENTS = 100
Applies = Callable[[NumberStep], pl.Expr]


def apply_number_steps(
    number: pl.Expr, steps: Sequence[NumberStep], unit: int, applies: Applies
) -> pl.Expr:
    """Apply the steps to `number`, of which `unit` make one; null if too large.

    `applies` gives the condition of a conditional step.
    """
    for step in steps:
        result = _apply_step(number, step, unit)
        result = pl.when(result.abs() < _LIMIT).then(result)
        number = (
            result
            if step.when is None
            else pl.when(applies(step)).then(result).otherwise(number)
        )
    return number


def apply_to_amount(
    read: pl.Expr, steps: Sequence[NumberStep], applies: Applies, *, zero_allowed: bool
) -> pl.Expr:
    """An AMOUNT after the steps, with the flaws of the result."""
    cents, flaw = read.struct.field("cents"), read.struct.field("flaw")
    moved = apply_number_steps(cents, steps, CENTS, applies)
    too_low = (moved < 0) if zero_allowed else (moved <= 0)
    new_flaw = (
        pl.when(cents.is_not_null() & moved.is_null())
        .then(TOO_LARGE)
        .when(too_low.fill_null(value=False))
        .then(NOT_POSITIVE)
        .otherwise(0)
    )
    flaw = pl.when(flaw != 0).then(flaw).otherwise(new_flaw)
    return pl.struct(
        pl.when(flaw == 0).then(moved).alias("cents"),
        flaw.cast(pl.Int64).alias("flaw"),
        read.struct.field("evidence").alias("evidence"),
    )


NOT_POSITIVE, TOO_LARGE = 8, 16


def apply_to_quantity(
    read: pl.Expr, steps: Sequence[NumberStep], applies: Applies
) -> pl.Expr:
    """A READING in pieces after the steps, at least 0."""
    value, problems = read.struct.field("value"), read.struct.field("problems")
    moved = apply_number_steps(value, steps, 1, applies).clip(lower_bound=0)
    large = (value.is_not_null() & moved.is_null()) | (moved > MAX_QUANTITY)
    large = large.fill_null(value=False)
    too_large = bit("quantity", "quantity_too_large")
    return pl.struct(
        pl.when(~large).then(moved).alias("value"),
        (problems | pl.when(large).then(too_large).otherwise(0)).alias("problems"),
    )


def _apply_step(  # noqa: C901, PLR0911 - a line for each step
    number: pl.Expr, step: NumberStep, unit: int
) -> pl.Expr:
    match step:
        case AddPercent():
            return _multiply(number, 1 + _fraction(step.by) / 100, unit)
        case Multiply():
            return _multiply(number, _fraction(step.by), unit)
        case Divide():
            return _multiply(number, 1 / _fraction(step.by), unit)
        case Add():
            return number + _parts(step.by, unit)
        case AtLeast():
            return number.clip(lower_bound=_parts(step.value, unit))
        case AtMost():
            return number.clip(upper_bound=_parts(step.value, unit))
        case Buffer():
            return (number - step.keep * unit).clip(lower_bound=0)
        case Round():
            return _round(number, _parts(step.to, unit), step.mode)
        case Ending():
            per, at = _parts(step.per, unit), _parts(step.at, unit)
            return _end_with(number, at, per, step.mode)
        case _:
            raise TypeError(step)


def _multiply(number: pl.Expr, factor: Fraction, unit: int) -> pl.Expr:
    above, below = factor.numerator, factor.denominator
    if unit == 1:
        return number * above // below
    return (number * (2 * above) + below) // (2 * below)


Mode = Literal["nearest", "up", "down"]


def _round(number: pl.Expr, step: int, mode: Mode) -> pl.Expr:
    match mode:
        case "nearest":
            return (number * 2 + step) // (2 * step) * step
        case "up":
            return (number + (step - 1)) // step * step
        case "down":
            return number // step * step


def _end_with(number: pl.Expr, at: int, per: int, mode: Mode) -> pl.Expr:
    """At least the first positive amount with this ending."""
    below = (number - at) // per * per + at
    rounds_up = {
        "nearest": (number - below) * 2 >= per,
        "up": number > below,
        "down": pl.lit(value=False),
    }[mode]
    rounded = pl.when(rounds_up).then(below + per).otherwise(below)
    return rounded.clip(lower_bound=at or per)


def _fraction(number: Decimal | None) -> Fraction:
    return Fraction(number or 1)


def _parts(number: Decimal | None, unit: int) -> int:
    return int((number or 0) * unit)
