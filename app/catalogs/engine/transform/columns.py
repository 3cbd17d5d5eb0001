"""Compiles a mapping to column expressions: merchant columns in, attributes out."""

import polars as pl

from app.catalogs.engine.transform.cells import clean_text, unprotected
from app.catalogs.engine.transform.conditions import holds
from app.catalogs.engine.transform.fill_down import source_cell
from app.catalogs.engine.transform.text_bounds import joined
from app.catalogs.engine.transform.text_steps import apply_text_steps
from app.catalogs.engine.validate.texts import BLANKS, replace_values, trim
from app.stores.mapping.attribute_source import (
    AttributeSource,
    PlainSource,
    template_parts,
)
from app.stores.mapping.mapping_model import CatalogMapping


def attribute_columns(mapping: CatalogMapping) -> list[pl.Expr]:
    """One text column per mapped attribute, null if empty."""
    return [
        attribute_text(source).alias(name)
        for name, source in sorted(mapping.attributes.items())
    ]


def attribute_text(source: AttributeSource) -> pl.Expr:
    """The trimmed value of one attribute after replacements, text steps and default."""
    value = _choose_case(source) if source.cases else _source_text(source, source)
    if source.values:
        value = replace_values(value, source.values, value)
    value = apply_text_steps(value, source.steps)
    if source.default:
        value = value.fill_null(pl.lit(source.default.strip(BLANKS)))
    return value


def _choose_case(source: AttributeSource) -> pl.Expr:
    otherwise = source.else_
    value = _source_text(otherwise, source) if otherwise else pl.lit(None, pl.String)
    for case in reversed(source.cases or ()):
        value = (
            pl.when(holds(case.when))
            .then(_source_text(case.value, source))
            .otherwise(value)
        )
    return value


def _source_text(source: PlainSource, whole: AttributeSource) -> pl.Expr:
    """The text of one of the sources of an attribute."""
    if source.column:
        return clean_text(pl.col(source_cell(whole, source.column)))
    if source.template:
        return trim(joined(_pieces(source.template, whole)))
    constant = source.constant
    return pl.lit(None if constant is None else constant.strip(BLANKS), pl.String)


def _pieces(template: str, whole: AttributeSource) -> list[pl.Expr]:
    pieces: list[pl.Expr] = []
    for text, name in template_parts(template):
        if text:
            pieces.append(pl.lit(text))
        if name:
            pieces.append(unprotected(pl.col(source_cell(whole, name))).fill_null(""))
    return pieces
