"""Applies a mapping's number steps and filters to parsed rows."""

from collections.abc import Mapping

import polars as pl

from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.transform.conditions import (
    MICROS,
    RowView,
    column_number,
    column_text,
    holds,
    read_number,
)
from app.catalogs.engine.transform.number_steps import (
    apply_to_amount,
    apply_to_quantity,
)
from app.catalogs.engine.validate.checks import parsed_column
from app.catalogs.engine.validate.problem_types import MASK
from app.catalogs.engine.validate.problems import EXCLUDED
from app.stores.mapping.conditions import Compare, ValueCondition
from app.stores.mapping.mapping_model import CatalogMapping, Filter
from app.stores.mapping.rule_steps import NumberStep

EXCLUDED_BY = "excluded"
"""The number of the filter that excludes a row, from 1; 0 if none does."""


def rule_cells(mapping: CatalogMapping) -> list[pl.Expr]:
    """The cells that number steps and filters need after parsing."""
    return [pl.col(cell(name)) for name in sorted(mapping.late_columns)]


def number_step_columns(
    mapping: CatalogMapping, read: Mapping[str, pl.Expr], currency: str
) -> dict[str, pl.Expr]:
    """Parsed columns of attributes with number steps, after those steps."""
    view = _view(frozenset(read))

    def applies(step: NumberStep) -> pl.Expr:
        return holds(step.when, view) if step.when else pl.lit(value=True)

    moved: dict[str, pl.Expr] = {}
    for name, source in mapping.attributes.items():
        if not source.number_steps:
            continue
        value = pl.col(parsed_column(name))
        if name == "quantity":
            moved[parsed_column(name)] = apply_to_quantity(
                value, source.number_steps, applies
            )
        else:
            moved[parsed_column(name)] = apply_to_amount(
                value,
                source.number_steps,
                applies,
                currency,
                zero_allowed=name.startswith("shipping"),
            )
    return moved


def excluding_filter(mapping: CatalogMapping, read: Mapping[str, pl.Expr]) -> pl.Expr:
    """The column EXCLUDED_BY. A torn row has no trusted cells and is never excluded."""
    return first_matching_filter(mapping.filters, _view(frozenset(read))).alias(
        EXCLUDED_BY
    )


def first_matching_filter(filters: list[Filter], view: RowView) -> pl.Expr:
    """The number of the first filter that matches."""
    number_of: pl.Expr = pl.lit(0, pl.UInt8)
    for number in range(len(filters), 0, -1):
        matches = holds(filters[number - 1].when, view) & (pl.col(FLAW) == 0)
        number_of = pl.when(matches).then(pl.lit(number, pl.UInt8)).otherwise(number_of)
    return number_of


def mark_excluded(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Replace the problems and evidence of excluded rows by the problem `excluded`."""
    is_out = pl.col(EXCLUDED_BY) > 0
    return rows.with_columns(
        mask=pl.when(is_out).then(pl.lit(EXCLUDED, MASK)).otherwise("mask"),
        evidence=pl.when(is_out).then(pl.lit(0, pl.Int32)).otherwise("evidence"),
    )


def _view(read: frozenset[str]) -> RowView:
    """Columns as raw text; attributes as parsed."""

    def text(look: ValueCondition) -> pl.Expr:
        if look.attribute is None:
            return column_text(look)
        raw = pl.col(look.attribute)
        if look.attribute == "grade":
            known = pl.col(parsed_column("grade")).struct.field("grade")
            return pl.coalesce(known, raw)
        return raw

    def number(look: Compare) -> pl.Expr:
        name = look.attribute
        if name is None:
            return column_number(look)
        if name not in read or name in {"grade", "ean"}:
            return read_number(pl.col(name), look.decimal)
        value = pl.col(parsed_column(name)).struct
        if _is_amount(name):
            return value.field("cents") * (MICROS // 100)
        return value.field("value") * MICROS

    return RowView(text, number)


def _is_amount(name: str) -> bool:
    return name in {"price", "min_price"} or name.startswith("shipping_price")


def filter_names(
    mapping: CatalogMapping, keys: pl.DataFrame, lines: pl.Series
) -> pl.Series:
    """The name of the filter that excludes each of these rows, null if none."""
    if not mapping.filters:
        return pl.Series(EXCLUDED_BY, [None], pl.String).new_from_index(0, len(lines))
    names = [None, *(filter_.name for filter_ in mapping.filters)]
    numbers = lines.to_frame().join(
        keys.select(LINE, EXCLUDED_BY), on=LINE, how="left", maintain_order="left"
    )
    return pl.Series(EXCLUDED_BY, names, pl.String).gather(numbers[EXCLUDED_BY])


def count_excluded(mapping: CatalogMapping, keys: pl.DataFrame) -> dict[str, int]:
    """Number of rows that each filter excluded, in the order of the filters."""
    if not mapping.filters:
        return {}
    counted = dict(keys.group_by(EXCLUDED_BY).len().iter_rows())
    return {
        filter_.name: counted.get(number, 0)
        for number, filter_ in enumerate(mapping.filters, start=1)
    }
