"""Applies a mapping's number steps and filters to parsed rows."""

from collections.abc import Mapping

import polars as pl

from app.catalogs.engine.read.reader import FLAW, LINE, cell
from app.catalogs.engine.transform.conditions import (
    MICROS,
    View,
    column_number,
    column_text,
    holds,
    read_number,
)
from app.catalogs.engine.transform.number_steps import moved_amount, moved_quantity
from app.catalogs.engine.validate.offer import read_as
from app.catalogs.engine.validate.problems import EXCLUDED
from app.stores.mapping.conditions import Compare, Look
from app.stores.mapping.mapping_model import CatalogMapping, Filter
from app.stores.mapping.rule_steps import NumberStep

LEFT_OUT = "excluded"
"""The number of the filter that excludes a row, from 1; 0 if none does."""


def late_cells(mapping: CatalogMapping) -> list[pl.Expr]:
    """The cells that number steps and filters need after parsing."""
    return [pl.col(cell(name)) for name in sorted(mapping.late_columns)]


def moves(mapping: CatalogMapping, read: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
    """Parsed columns of attributes with number steps, after those steps."""
    view = _view(frozenset(read))

    def applies(step: NumberStep) -> pl.Expr:
        return holds(step.when, view) if step.when else pl.lit(value=True)

    moved: dict[str, pl.Expr] = {}
    for name, source in mapping.attributes.items():
        if not source.number_steps:
            continue
        value = pl.col(read_as(name))
        if name == "quantity":
            moved[read_as(name)] = moved_quantity(value, source.number_steps, applies)
        else:
            moved[read_as(name)] = moved_amount(
                value,
                source.number_steps,
                applies,
                zero_allowed=name.startswith("shipping"),
            )
    return moved


def left_out(mapping: CatalogMapping, read: Mapping[str, pl.Expr]) -> pl.Expr:
    """The column LEFT_OUT. A torn row has no trusted cells and is never excluded."""
    return first_filter(mapping.filters, _view(frozenset(read))).alias(LEFT_OUT)


def first_filter(filters: list[Filter], view: View) -> pl.Expr:
    """The number of the first filter that matches."""
    found: pl.Expr = pl.lit(0, pl.UInt8)
    for number in range(len(filters), 0, -1):
        is_so = holds(filters[number - 1].when, view) & (pl.col(FLAW) == 0)
        found = pl.when(is_so).then(pl.lit(number, pl.UInt8)).otherwise(found)
    return found


def without_left_out(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Replace the problems and evidence of excluded rows by the problem `excluded`."""
    is_out = pl.col(LEFT_OUT) > 0
    return rows.with_columns(
        mask=pl.when(is_out).then(pl.lit(EXCLUDED, pl.Int64)).otherwise("mask"),
        evidence=pl.when(is_out).then(pl.lit(0, pl.Int32)).otherwise("evidence"),
    )


def _view(read: frozenset[str]) -> View:
    """Columns as raw text; attributes as parsed."""

    def text(look: Look) -> pl.Expr:
        if look.attribute is None:
            return column_text(look)
        said = pl.col(look.attribute)
        if look.attribute == "grade":
            known = pl.col(read_as("grade")).struct.field("grade")
            return pl.coalesce(known, said)
        return said

    def number(look: Compare) -> pl.Expr:
        name = look.attribute
        if name is None:
            return column_number(look)
        if name not in read or name == "grade":
            return read_number(pl.col(name), look.decimal)
        value = pl.col(read_as(name)).struct
        if _is_amount(name):
            return value.field("cents") * (MICROS // 100)
        return value.field("value") * MICROS

    return View(text, number)


def _is_amount(name: str) -> bool:
    return name in {"price", "min_price"} or name.startswith("shipping_price")


def filter_names(
    mapping: CatalogMapping, keys: pl.DataFrame, lines: pl.Series
) -> pl.Series:
    """The name of the filter that excludes each of these rows, null if none."""
    if not mapping.filters:
        return pl.Series(LEFT_OUT, [None], pl.String).new_from_index(0, len(lines))
    names = [None, *(filter_.name for filter_ in mapping.filters)]
    numbers = lines.to_frame().join(
        keys.select(LINE, LEFT_OUT), on=LINE, how="left", maintain_order="left"
    )
    return pl.Series(LEFT_OUT, names, pl.String).gather(numbers[LEFT_OUT])


def excluded_by(mapping: CatalogMapping, keys: pl.DataFrame) -> dict[str, int]:
    """Number of rows that each filter excluded, in the order of the filters."""
    if not mapping.filters:
        return {}
    counted = dict(keys.group_by(LEFT_OUT).len().iter_rows())
    return {
        filter_.name: counted.get(number, 0)
        for number, filter_ in enumerate(mapping.filters, start=1)
    }
