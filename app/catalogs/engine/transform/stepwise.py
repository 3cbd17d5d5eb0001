"""Runs the steps of a mapping one after another.

Each step names its input several times. Nested expressions would double with every
step: twenty steps would be a million of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

VALUE = "value"
_WHEN = "when"


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """What a step makes of a value, and where it applies (None: everywhere)."""

    apply: Callable[[pl.Expr], pl.Expr]
    when: pl.Expr | None


def run_steps(
    value: pl.Expr, steps: Sequence[CompiledStep], dtype: pl.DataType
) -> pl.Expr:
    """The value after all steps. A condition does not see the value itself."""
    if not steps:
        return value
    conditions = [step.when for step in steps if step.when is not None]
    return pl.map_batches(
        [value, *conditions],
        lambda columns: _run(columns, steps),
        return_dtype=dtype,
        is_elementwise=True,
    )


def _run(columns: Sequence[pl.Series], steps: Sequence[CompiledStep]) -> pl.Series:
    value, *conditions = columns
    if len(value) == 1 and conditions:  # a constant
        value = value.new_from_index(0, max(map(len, conditions)))
    remaining = iter(conditions)
    for step in steps:
        frame = value.rename(VALUE).to_frame()
        result = step.apply(pl.col(VALUE))
        if step.when is not None:
            frame = frame.with_columns(next(remaining).alias(_WHEN))
            result = pl.when(_WHEN).then(result).otherwise(VALUE)
        value = frame.select(result.alias(VALUE)).to_series()
    return value
