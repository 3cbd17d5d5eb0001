"""Compiles text steps to column expressions: text in, trimmed text out."""

from collections.abc import Iterable
from functools import partial

import polars as pl

from app.catalogs.engine.transform.conditions import holds
from app.catalogs.engine.transform.stepwise import CompiledStep, run_steps
from app.catalogs.engine.transform.text_bounds import (
    literal_growth,
    pattern_growth,
    within_bounds,
)
from app.catalogs.engine.validate.texts import (
    TOO_LONG,
    is_too_long,
    replace_values,
    trim,
)
from app.stores.mapping.rule_steps import (
    Append,
    Extract,
    Lookup,
    Lower,
    Prepend,
    RegexReplace,
    Replace,
    SetText,
    Shorten,
    Squeeze,
    StripTags,
    TakePart,
    TextStep,
    Upper,
)

_INLINE = r"(?i)</?(?:a|b|em|i|small|span|strong|sub|sup|u)(?:\s[^>]*)?>"
_TAG = r"(?:</?[A-Za-z][^>]*>|<!--[^>]*>)"
_NOTHING = pl.lit(None, pl.String)
_ENTITIES = {
    "&nbsp;": " ",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
    "&amp;": "&",
}
"""The ampersand last, so that nothing is decoded twice."""


def apply_text_steps(value: pl.Expr, steps: Iterable[object]) -> pl.Expr:
    """The text after the text steps among `steps`, null if nothing is left."""
    compiled = [
        CompiledStep(
            partial(_result, step=step), None if step.when is None else holds(step.when)
        )
        for step in steps
        if isinstance(step, TextStep)
    ]
    return run_steps(value, compiled, pl.String())


def _result(value: pl.Expr, step: TextStep) -> pl.Expr:
    value_in, too_long = within_bounds(value, _growth(value, step))
    result = trim(_apply(value_in, step))
    too_long |= is_too_long(value).fill_null(value=False)
    return pl.when(too_long).then(pl.lit(TOO_LONG)).otherwise(result)


def _growth(value: pl.Expr, step: TextStep) -> pl.Expr | None:
    """How many bytes a step adds, None for a few at most."""
    match step:
        case Replace():
            return literal_growth(value, step.find, step.to)
        case RegexReplace():
            return pattern_growth(value, step.pattern, step.to)
        case _:
            return None


def _apply(  # noqa: PLR0911 - a line for each step
    value: pl.Expr, step: TextStep
) -> pl.Expr:
    match step:
        case Lower():
            return value.str.to_lowercase()
        case Upper():
            return value.str.to_uppercase()
        case Prepend():
            return pl.lit(step.text) + value
        case Append():
            return value + pl.lit(step.text)
        case Shorten():
            return value.str.slice(0, step.length)
        case SetText():
            return pl.lit(step.value, pl.String)
        case Lookup():
            otherwise = value if step.else_ == "keep" else _NOTHING
            return replace_values(value, step.values, otherwise)
        case _:
            return _apply_pattern(value, step)


def _apply_pattern(value: pl.Expr, step: TextStep) -> pl.Expr:
    match step:
        case Squeeze():
            return value.str.replace_all(r"[\s\x{00A0}]+", " ")
        case StripTags():
            return _without_tags(value)
        case Replace():
            return value.str.replace_all(step.find, step.to, literal=True)
        case RegexReplace():
            return value.str.replace_all(step.pattern, step.to)
        case Extract():
            return value.str.extract(step.pattern, step.group)
        case TakePart():
            parts = value.str.splitn(step.separator, step.number + 1)
            return parts.struct.field(f"field_{step.number - 1}")
        case _:
            raise TypeError(step)


def _without_tags(value: pl.Expr) -> pl.Expr:
    value = value.str.replace_all(_INLINE, "").str.replace_all(_TAG, " ")
    for entity, char in _ENTITIES.items():
        value = value.str.replace_all(entity, char, literal=True)
    return value.str.replace_all(r"[\s\x{00A0}]+", " ")
