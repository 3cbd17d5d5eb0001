"""The markets of Back Market: country, locale, currency and platform."""

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """A regional Back Market; a seller account belongs to exactly one."""

    EU = "EU"
    NA = "NA"
    AP = "AP"


class Environment(StrEnum):
    """An environment of a platform; each has its own tokens."""

    PRODUCTION = "production"
    PREPROD = "preprod"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Market:
    """One country: what `Accept-Language` selects and which currency prices are in."""

    country: str
    """ISO 3166 alpha-2."""
    locale: str
    """Back Market's own code, lower case, such as `en-gb`."""
    currency: str
    """ISO 4217."""
    platform: Platform


class UnknownMarketError(ValueError):
    """Back Market does not sell in this country; use one of the accepted codes."""

    def __init__(self, country: str) -> None:
        self.country = country
        accepted = ", ".join(sorted(MARKETS))
        super().__init__(f"{country[:20]!r} is not a market; accepted: {accepted}")


# Section 1.3. Belgium has one documented locale (fr-be). Finland is missing from Back
# Market's list of locales but present in its list of markets.
MARKETS = {
    market.country: market
    for market in (
        Market("FR", "fr-fr", "EUR", Platform.EU),
        Market("BE", "fr-be", "EUR", Platform.EU),
        Market("ES", "es-es", "EUR", Platform.EU),
        Market("DE", "de-de", "EUR", Platform.EU),
        Market("AT", "de-at", "EUR", Platform.EU),
        Market("IT", "it-it", "EUR", Platform.EU),
        Market("NL", "nl-nl", "EUR", Platform.EU),
        Market("PT", "pt-pt", "EUR", Platform.EU),
        Market("IE", "en-ie", "EUR", Platform.EU),
        Market("GR", "el-gr", "EUR", Platform.EU),
        Market("SK", "sk-sk", "EUR", Platform.EU),
        Market("FI", "fi-fi", "EUR", Platform.EU),
        Market("GB", "en-gb", "GBP", Platform.EU),
        Market("SE", "sv-se", "SEK", Platform.EU),
        Market("US", "en-us", "USD", Platform.NA),
        Market("JP", "ja-jp", "JPY", Platform.AP),
        Market("AU", "en-au", "AUD", Platform.AP),
    )
}
WITHOUT_DECIMALS = frozenset({"JPY"})
"""Currencies without a minor unit."""
_BY_LOCALE = {market.locale: market for market in MARKETS.values()}


def market_of(country: str) -> Market:
    """Find the market of a country code or locale, in any case: `GB`, `uk`, `fr-fr`.

    Back Market API, listings ("markets", `Accept-Language`). Raises UnknownMarketError,
    which names the accepted countries.
    """
    code = country.strip().replace("_", "-").upper()
    code = {"UK": "GB", "EN-UK": "EN-GB"}.get(code, code)
    market = MARKETS.get(code) or _BY_LOCALE.get(code.lower())
    if market is None:
        raise UnknownMarketError(country)
    return market
