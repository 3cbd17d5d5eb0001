"""Finds required attributes without a value in any row of a catalog."""

from collections.abc import Iterable

import polars as pl

from app.catalogs.engine.pipeline.full_rows import REQUIRED
from app.catalogs.engine.read.frames import cell
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.validate.texts import trim
from app.stores.mapping.mapping_model import CatalogMapping

_FIRST_ROWS = 1000


def empty_attributes(frame: pl.LazyFrame, mapping: CatalogMapping) -> tuple[str, ...]:
    """The attributes whose columns are all empty; defaults of the mapping do not count.

    The first rows have a value for nearly every catalog. The whole file is read only
    for the rest.
    """
    columns = {
        name: mapping.attributes[name].columns
        for name in REQUIRED
        if name in mapping.attributes and mapping.attributes[name].columns
    }
    for part in (frame.head(_FIRST_ROWS), frame):
        if not columns:
            break
        filled = collected(
            part.select(
                _has_value(names).alias(name) for name, names in columns.items()
            )
        )
        columns = {
            name: names for name, names in columns.items() if not filled[name].any()
        }
    return tuple(columns)


def _has_value(names: Iterable[str]) -> pl.Expr:
    given = (trim(pl.col(cell(name))).is_not_null() for name in names)
    return pl.any_horizontal(given).any()
