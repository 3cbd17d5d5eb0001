"""Decides the decimal separator of each amount: from the mapping, else inferred."""

from collections.abc import Mapping as Lookup

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.validate.money import DecimalSeparator, Evidence
from app.catalogs.engine.validate.problems import bit
from app.stores.channel import AttributeType
from app.stores.channel import attribute as channel_attribute

Separators = Lookup[str, DecimalSeparator | None]

_SEPARATORS: dict[Evidence, DecimalSeparator] = {
    Evidence.COMMA: "comma",
    Evidence.POINT: "point",
}


def mapped_separators(config: ImportConfig) -> dict[str, DecimalSeparator | None]:
    """The mapped amounts, each with the decimal separator of the mapping, if any."""
    separators: dict[str, DecimalSeparator | None] = {"price": None}
    for name, source in config.mapping.attributes.items():
        if channel_attribute(name).type == AttributeType.MONEY:
            separators[name] = None if source.decimal == "auto" else source.decimal
    return separators


def evidence(separators: Separators, read: Lookup[str, pl.Expr]) -> pl.Expr:
    """Evidence bits of a row's amounts: two of three bits per amount, in order."""
    clear = [
        read[name].struct.field("evidence").cast(pl.Int32) * 8**index
        for index, name in enumerate(separators)
    ]
    return pl.sum_horizontal(clear).cast(pl.Int32).alias("evidence")


def traits(separators: Separators) -> pl.Expr:
    """The evidence, with the third bit of each amount set if it is ambiguous."""
    ambiguous = [
        ((pl.col("mask") & _ambiguous_bit(name)) != 0).cast(pl.Int32) * (4 * 8**index)
        for index, name in enumerate(separators)
    ]
    return pl.sum_horizontal("evidence", *ambiguous).cast(pl.Int32).alias("traits")


def inferred_separators(
    traits_of_all: int, separators: Separators
) -> dict[str, DecimalSeparator]:
    """Separators of columns with ambiguous amounts (`1.299`) and clear evidence."""
    inferred: dict[str, DecimalSeparator] = {}
    for index, (name, separator) in enumerate(separators.items()):
        bits = traits_of_all >> (3 * index)
        clear = Evidence(bits & 3)
        if separator is None and bits & 4 and clear in _SEPARATORS:
            inferred[name] = _SEPARATORS[clear]
    return inferred


def combined_traits(traits_of_rows: pl.Series) -> int:
    """Bitwise union of the traits of all rows."""
    found: int = traits_of_rows.to_frame("t").select(pl.col("t").bitwise_or()).item()
    return found or 0


def _ambiguous_bit(name: str) -> int:
    code = "price_format" if name.startswith("shipping") else "ambiguous_number"
    return bit(name, code)
