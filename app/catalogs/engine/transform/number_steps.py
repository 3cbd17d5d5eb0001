"""Compiles number steps to column expressions on integers.

Amounts keep twelve decimals through all steps and round to the nearest cent or yen at
the end, half up. Pieces round down at each step: never more are offered than exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial

import polars as pl

from app.backmarket.markets import WITHOUT_DECIMALS
from app.catalogs.engine.transform.stepwise import CompiledStep, run_steps
from app.catalogs.engine.validate.money import CENT, PARTS, Flaw, rounded
from app.catalogs.engine.validate.problem_types import MAX_CENTS, MAX_QUANTITY
from app.catalogs.engine.validate.problems import bit
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

Applies = Callable[[NumberStep], pl.Expr]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a number is held as an integer: `unit` of it make 1.

    `smallest`: what `up` and `down` round to first, so that a millionth too much in a
    net price does not cost a whole step. `limit`: larger numbers become null, so that
    no factor overflows.
    """

    unit: int
    smallest: int
    limit: int
    dtype: pl.DataType

    def number(self, value: Decimal | float | None) -> pl.Expr:
        return pl.lit(int((value or 0) * self.unit), self.dtype)

    def whole(self, number: int) -> pl.Expr:
        return pl.lit(number, self.dtype)


PIECES = Scale(1, 1, MAX_CENTS + 1, pl.Int64())


def amount_scale(currency: str) -> Scale:
    """Amounts in PARTS; only whole amounts in yen."""
    smallest = PARTS if currency in WITHOUT_DECIMALS else CENT
    return Scale(PARTS, smallest, (MAX_CENTS + 1) * CENT, pl.Int128())


def apply_number_steps(
    number: pl.Expr, steps: Sequence[NumberStep], scale: Scale, applies: Applies
) -> pl.Expr:
    """Apply the steps to a number of this scale; null if too large.

    `applies` gives the condition of a conditional step.
    """
    compiled = [
        CompiledStep(
            partial(_within_limit, step=step, scale=scale),
            None if step.when is None else applies(step),
        )
        for step in steps
    ]
    return run_steps(number, compiled, scale.dtype)


def _within_limit(number: pl.Expr, step: NumberStep, scale: Scale) -> pl.Expr:
    result = _apply_step(number, step, scale)
    return pl.when(result.abs() < scale.whole(scale.limit)).then(result)


def apply_to_amount(
    read: pl.Expr,
    steps: Sequence[NumberStep],
    applies: Applies,
    currency: str,
    *,
    zero_allowed: bool,
) -> pl.Expr:
    """An EXACT_AMOUNT as an AMOUNT after the steps, with the flaws of the result."""
    parts, flaw = read.struct.field("parts"), read.struct.field("flaw")
    scale = amount_scale(currency)
    moved = apply_number_steps(parts, steps, scale, applies)
    moved = rounded(moved, scale.smallest).cast(pl.Int64) * (scale.smallest // CENT)
    too_low = (moved < 0) if zero_allowed else (moved <= 0)
    too_large = parts.is_not_null() & moved.is_null() | (moved > MAX_CENTS)
    new_flaw = (
        pl.when(too_large.fill_null(value=False))
        .then(int(Flaw.TOO_LARGE))
        .when(too_low.fill_null(value=False))
        .then(int(Flaw.NOT_POSITIVE))
        .otherwise(0)
    )
    flaw = pl.when(flaw != 0).then(flaw).otherwise(new_flaw)
    return pl.struct(
        pl.when(flaw == 0).then(moved).alias("cents"),
        flaw.cast(pl.Int64).alias("flaw"),
        read.struct.field("evidence").alias("evidence"),
    )


def apply_to_quantity(
    read: pl.Expr, steps: Sequence[NumberStep], applies: Applies
) -> pl.Expr:
    """A READING in pieces after the steps, at least 0."""
    value, problems = read.struct.field("value"), read.struct.field("problems")
    moved = apply_number_steps(value, steps, PIECES, applies).clip(lower_bound=0)
    large = (value.is_not_null() & moved.is_null()) | (moved > MAX_QUANTITY)
    large = large.fill_null(value=False)
    too_large = bit("quantity", "quantity_too_large")
    return pl.struct(
        pl.when(~large).then(moved).alias("value"),
        (problems | pl.when(large).then(too_large).otherwise(0)).alias("problems"),
    )


def _apply_step(  # noqa: C901, PLR0911 - a line for each step
    number: pl.Expr, step: NumberStep, scale: Scale
) -> pl.Expr:
    match step:
        case AddPercent():
            return _multiply(number, 1 + _fraction(step.by) / 100, scale)
        case Multiply():
            return _multiply(number, _fraction(step.by), scale)
        case Divide():
            return _multiply(number, 1 / _fraction(step.by), scale)
        case Add():
            return number + scale.number(step.by)
        case AtLeast():
            return number.clip(lower_bound=scale.number(step.value))
        case AtMost():
            return number.clip(upper_bound=scale.number(step.value))
        case Buffer():
            return (number - scale.number(step.keep)).clip(lower_bound=scale.whole(0))
        case Round():
            return _round(number, step, scale)
        case Ending():
            return _end_with(number, step, scale)
        case _:
            raise TypeError(step)


def _multiply(number: pl.Expr, factor: Fraction, scale: Scale) -> pl.Expr:
    above, below = factor.numerator, factor.denominator
    if scale.unit == 1:
        return number * above // below
    doubled = number * scale.whole(2 * above) + scale.whole(below)
    return doubled // scale.whole(2 * below)


def _round(number: pl.Expr, step: Round, scale: Scale) -> pl.Expr:
    to = int(step.to * scale.unit)
    match step.mode:
        case "nearest":
            return rounded(number, to) * scale.whole(to)
        case "up":
            above = _smallest(number, scale) + scale.whole(to - 1)
            return above // scale.whole(to) * scale.whole(to)
        case "down":
            return _smallest(number, scale) // scale.whole(to) * scale.whole(to)


def _end_with(number: pl.Expr, step: Ending, scale: Scale) -> pl.Expr:
    """At least the first positive amount with this ending."""
    at, per = int(step.at * scale.unit), int(step.per * scale.unit)
    if step.mode != "nearest":
        number = _smallest(number, scale)
    below = (number - scale.whole(at)) // scale.whole(per) * scale.whole(per)
    below += scale.whole(at)
    rounds_up = {
        "nearest": (number - below) * 2 >= scale.whole(per),
        "up": number > below,
        "down": pl.lit(value=False),
    }[step.mode]
    ending = pl.when(rounds_up).then(below + scale.whole(per)).otherwise(below)
    return ending.clip(lower_bound=scale.whole(at or per))


def _smallest(number: pl.Expr, scale: Scale) -> pl.Expr:
    return rounded(number, scale.smallest) * scale.whole(scale.smallest)


def _fraction(number: Decimal | None) -> Fraction:
    return Fraction(number or 1)
