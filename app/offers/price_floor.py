"""Calculates the price floor: the lowest price that may be sent.

floor = (cost + minimum margin) / (1 - CPA), rounded up to a cent. The minimum margin is
the larger of an amount and a percentage of the cost; the CPA is that of the category.
The minimum price of a live listing is a floor too, unless the row has one itself.
"""

from dataclasses import dataclass
from decimal import Decimal

_MINIMUM_MARGIN = (
    "greatest(cost * CAST(:margin_percent AS numeric) / 100, :margin_amount)"
)
_FROM_COST = (
    "CASE WHEN cpa >= 100 THEN 9999999.99 ELSE "
    f"ceil(100 * (cost + {_MINIMUM_MARGIN}) / (1 - coalesce(cpa, 0) / 100)) / 100 END"
)


def floor_of(row: str) -> str:
    """SQL for the price floor of `row`, an alias of offers; NULL if it has none.

    `Margin.values` has its parameters.
    """
    of_listing = (
        f"CASE WHEN {row}.listed AND {row}.min_price IS NULL "
        f"THEN {row}.live_min_price END"
    )
    return f"greatest({_FROM_COST}, {of_listing})"


@dataclass(frozen=True, slots=True)
class Margin:
    """The minimum margin: percent of the cost, amount in the store's currency."""

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    @property
    def values(self) -> dict[str, Decimal]:
        """The parameters of `floor_of`."""
        return {"margin_percent": self.percent, "margin_amount": self.amount}
