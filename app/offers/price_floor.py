"""Calculates the price floor: the lowest price that keeps the minimum margin.

floor = (cost + minimum margin) / (1 - CPA), rounded up to a cent. The minimum margin is
the larger of an amount and a percentage of the cost; the CPA is that of the category.
"""

from dataclasses import dataclass
from decimal import Decimal

_MINIMUM_MARGIN = (
    "greatest(cost * CAST(:margin_percent AS numeric) / 100, :margin_amount)"
)
FLOOR = (
    "CASE WHEN cpa >= 100 THEN 9999999.99 ELSE "
    f"ceil(100 * (cost + {_MINIMUM_MARGIN}) / (1 - coalesce(cpa, 0) / 100)) / 100 END"
)
"""SQL for the price floor of a row of `offer`, NULL without a cost.

`Margin.values` has its parameters.
"""


@dataclass(frozen=True, slots=True)
class Margin:
    """The minimum margin: percent of the cost, amount in the store's currency."""

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    @property
    def values(self) -> dict[str, Decimal]:
        """The parameters of FLOOR."""
        return {"margin_percent": self.percent, "margin_amount": self.amount}
