"""Decides the decimal separator of each amount: from the mapping, else inferred."""

from collections.abc import Mapping as Lookup

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.validate.money import Evidence, Sign
from app.catalogs.engine.validate.problems import bit
from app.stores.channel import AttributeType
from app.stores.channel import attribute as channel_attribute

Signs = Lookup[str, Sign | None]

_SIGNS: dict[Evidence, Sign] = {Evidence.COMMA: "comma", Evidence.POINT: "point"}


def given_signs(config: ImportConfig) -> dict[str, Sign | None]:
    """The mapped amounts, each with the decimal separator of the mapping, if any."""
    signs: dict[str, Sign | None] = {"price": None}
    for name, source in config.mapping.attributes.items():
        if channel_attribute(name).type == AttributeType.MONEY:
            signs[name] = None if source.decimal == "auto" else source.decimal
    return signs


def evidence(signs: Signs, read: Lookup[str, pl.Expr]) -> pl.Expr:
    """Evidence bits of a row's amounts: two of three bits per amount, in order."""
    told = [
        read[name].struct.field("evidence").cast(pl.Int32) * 8**place
        for place, name in enumerate(signs)
    ]
    return pl.sum_horizontal(told).cast(pl.Int32).alias("evidence")


def traits(signs: Signs) -> pl.Expr:
    """The evidence, with the third bit of each amount set if it is ambiguous."""
    doubts = [
        ((pl.col("mask") & _doubt(name)) != 0).cast(pl.Int32) * (4 * 8**place)
        for place, name in enumerate(signs)
    ]
    return pl.sum_horizontal("evidence", *doubts).cast(pl.Int32).alias("traits")


def learned_signs(traits_of_all: int, signs: Signs) -> dict[str, Sign]:
    """Separators of columns with ambiguous amounts (`1.299`) and clear evidence."""
    learned: dict[str, Sign] = {}
    for place, (name, sign) in enumerate(signs.items()):
        bits = traits_of_all >> (3 * place)
        told = Evidence(bits & 3)
        if sign is None and bits & 4 and told in _SIGNS:
            learned[name] = _SIGNS[told]
    return learned


def union(traits_of_rows: pl.Series) -> int:
    """Bitwise union of the traits of all rows."""
    found: int = traits_of_rows.to_frame("t").select(pl.col("t").bitwise_or()).item()
    return found or 0


def _doubt(name: str) -> int:
    code = "price_format" if name.startswith("shipping") else "ambiguous_number"
    return bit(name, code)
