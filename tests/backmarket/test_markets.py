"""Codes of markets."""

import pytest

from app.backmarket.markets import MARKETS, Platform, UnknownMarketError, market_of


@pytest.mark.parametrize(
    ("code", "locale", "currency", "platform"),
    [
        pytest.param("GB", "en-gb", "GBP", Platform.EU, id="alpha-2"),
        pytest.param("UK", "en-gb", "GBP", Platform.EU, id="UK is GB"),
        pytest.param("fr", "fr-fr", "EUR", Platform.EU, id="lower case"),
        pytest.param("fr-fr", "fr-fr", "EUR", Platform.EU, id="locale"),
        pytest.param(" de_AT ", "de-at", "EUR", Platform.EU, id="underscore, blanks"),
        pytest.param("BE", "fr-be", "EUR", Platform.EU, id="Belgium in French"),
        pytest.param("SE", "sv-se", "SEK", Platform.EU, id="Swedish crowns"),
        pytest.param("us", "en-us", "USD", Platform.NA, id="North America"),
        pytest.param("JP", "ja-jp", "JPY", Platform.AP, id="Asia"),
        pytest.param("en-AU", "en-au", "AUD", Platform.AP, id="Pacific"),
    ],
)
def test_a_country_or_locale_names_its_market(code, locale, currency, platform):
    market = market_of(code)

    assert (market.locale, market.currency, market.platform) == (
        locale,
        currency,
        platform,
    )


@pytest.mark.parametrize("code", ["", "XX", "fr-de", "nl-be", "F" * 500])
def test_an_unknown_country_is_refused_and_the_accepted_ones_are_named(code):
    with pytest.raises(UnknownMarketError, match="accepted: AT, AU, BE") as caught:
        market_of(code)

    assert len(str(caught.value)) < 200


def test_every_market_is_found_by_its_own_codes():
    assert len(MARKETS) == 17
    for market in MARKETS.values():
        assert market_of(market.country) is market_of(market.locale) is market
