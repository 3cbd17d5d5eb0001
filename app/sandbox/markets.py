"""The countries Back Market sells in, and the locale that selects each."""

from dataclasses import dataclass
from decimal import Decimal

from app.sandbox.options import Platform


@dataclass(frozen=True, slots=True)
class Market:
    code: str
    locale: str
    currency: str
    platform: Platform

    @property
    def cent(self) -> Decimal:
        """The smallest amount: yen have no decimals (Back Market, corrections)."""
        return Decimal(1) if self.currency == "JPY" else Decimal("0.01")

    @property
    def language(self) -> str:
        return self.locale[:2]


class UnknownLocaleError(ValueError):
    """The Accept-Language header names no known market."""


_EURO = "fr-fr fr-be es-es de-de de-at it-it nl-nl pt-pt en-ie el-gr sk-sk fi-fi"

MARKETS: dict[str, Market] = {
    market.code: market
    for market in (
        *(Market(loc[3:].upper(), loc, "EUR", "EU") for loc in _EURO.split()),
        Market("GB", "en-gb", "GBP", "EU"),
        Market("SE", "sv-se", "SEK", "EU"),
        Market("US", "en-us", "USD", "NA"),
        Market("JP", "ja-jp", "JPY", "AP"),
        Market("AU", "en-au", "AUD", "AP"),
    )
}
BY_LOCALE = {market.locale: market for market in MARKETS.values()}
# Back Market's `CountryCode` filter of orders has en-au and lacks fi-fi; its
# `MarketCode` has FI and lacks AU (Back Market, corrections, markets).
COUNTRY_CODES = frozenset(BY_LOCALE) - {"fi-fi"}
MARKET_CODES = frozenset(MARKETS) - {"AU"}
DEFAULT_LOCALES: dict[Platform, str] = {"EU": "fr-fr", "NA": "en-us", "AP": "ja-jp"}

# Currencies that may be left out with a price (Back Market, listings, update).
DEFAULT_CURRENCIES = {"EU": "EUR", "NA": "USD"}

# Approximate value of one euro, to convert a product's maximum price.
EURO_RATES = {"EUR": 1, "GBP": 0.86, "SEK": 11, "USD": 1.1, "JPY": 165, "AUD": 1.65}


def market_of(accept_language: str | None, platform: Platform) -> Market:
    """Return the market of a request (Back Market, general, Accept-Language)."""
    first = (accept_language or "").split(",")[0].split(";")[0].strip().lower()
    if first in ("", "*"):
        first = DEFAULT_LOCALES[platform]
    market = BY_LOCALE.get(first.replace("_", "-"))
    if market is None:
        raise UnknownLocaleError(first)
    return market
