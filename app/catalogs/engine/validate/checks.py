"""Collects the field expressions and the problem masks of one offer."""

from dataclasses import dataclass, field

import polars as pl

from app.catalogs.engine.validate.problem_types import MASK
from app.catalogs.engine.validate.problems import bit

LONG = 2**63
"""Masks from here on do not fit into Int64, which is faster."""


@dataclass(slots=True)
class OfferChecks:
    """Expressions for the fields of an offer, and problem masks to combine."""

    fields: dict[str, pl.Expr] = field(default_factory=dict)
    masks: list[pl.Expr] = field(default_factory=list)

    def flag(self, wrong: pl.Expr, name: str, code: str) -> None:
        mask = bit(name, code)
        kind = pl.Int64() if mask < LONG else MASK
        self.masks.append(wrong.fill_null(value=False).cast(kind) * mask)


def parsed_column(name: str) -> str:
    """The column with the parsed struct of an attribute."""
    return f"{name}:read"
