"""Reads the minimum margin from the settings of a store."""

from decimal import Decimal
from typing import Any

from app.offers.price_floor import Margin


def margin_of(stored: dict[str, Any] | None) -> Margin:
    """The margin of a store; without a setting it is 0."""
    given = stored or {}
    return Margin(Decimal(given.get("percent") or 0), Decimal(given.get("amount") or 0))
