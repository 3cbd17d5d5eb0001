"""The lowest price at which a sale still earns what the store asks for.

floor = (cost + minimum margin) / (1 - CPA), rounded up to a cent. The minimum margin is
the larger of an amount and a percentage of the cost; the CPA is that of the category.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_ASKED = "greatest(cost * CAST(:margin_percent AS numeric) / 100, :margin_amount)"
FLOOR = (
    "CASE WHEN cpa >= 100 THEN 9999999.99 ELSE "
    f"ceil(100 * (cost + {_ASKED}) / (1 - coalesce(cpa, 0) / 100)) / 100 END"
)
"""The floor of a row of `offer`, NULL without a cost; see `Margin.values`."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What a sale must earn at least: percent of the cost, amount in the currency."""

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    @property
    def values(self) -> dict[str, Decimal]:
        """The parameters of FLOOR."""
        return {"margin_percent": self.percent, "margin_amount": self.amount}


def margin_of(stored: dict[str, Any] | None) -> Margin:
    """As a store keeps it; none asks for no loss."""
    given = stored or {}
    return Margin(Decimal(given.get("percent") or 0), Decimal(given.get("amount") or 0))
