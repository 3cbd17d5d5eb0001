"""What the cells of a whole column decide about each of its rows."""

from dataclasses import dataclass, replace

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.validate.decimal_separator import (
    Separators,
    combined_traits,
    inferred_separators,
    mapped_separators,
)
from app.catalogs.engine.validate.gtin import MOST, rounded_from


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """Decimal separators by amount, and the zeros from which an EAN is rounded."""

    separators: Separators
    rounded_zeros: int = MOST


@dataclass(frozen=True, slots=True)
class UnchangedRows:
    """Rows that are not read again: their traits, and how many they are.

    None of them has an EAN that may be rounded: those are read at each import.
    """

    traits: int = 0
    count: int = 0


NO_ROWS = UnchangedRows()


def stated_facts(config: ImportConfig) -> ColumnFacts:
    """The facts that the mapping states, before any row is read."""
    return ColumnFacts(mapped_separators(config))


def facts_of_rows(
    stated: ColumnFacts, keys: pl.DataFrame, others: UnchangedRows
) -> ColumnFacts:
    """The facts with those that `traits` and `rounded_ean` of all rows show."""
    traits = combined_traits(keys["traits"]) | others.traits
    inferred = inferred_separators(traits, stated.separators)
    zeros = rounded_from(keys["rounded_ean"], keys.height + others.count)
    return replace(
        stated, separators={**stated.separators, **inferred}, rounded_zeros=zeros
    )
