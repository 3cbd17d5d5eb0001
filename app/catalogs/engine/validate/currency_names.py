"""Recognizes names and symbols of currencies next to an amount."""

import polars as pl

_SYMBOLS = {
    "€": ("EUR",),
    "EURO": ("EUR",),
    "EUROS": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"),
    "US$": ("USD",),
    "C$": ("CAD",),
    "CA$": ("CAD",),
    "A$": ("AUD",),
    "AU$": ("AUD",),
    "¥": ("JPY", "CNY"),
    "円": ("JPY",),
    "₩": ("KRW",),
    "KR": ("SEK", "DKK", "NOK"),
    "ZŁ": ("PLN",),
    "KČ": ("CZK",),
    "FT": ("HUF",),
    "LEI": ("RON",),
    "FR": ("CHF",),
    "SFR": ("CHF",),
}
_CODES = frozenset(
    (
        *("EUR", "GBP", "USD", "CAD", "AUD", "NZD", "JPY", "CNY", "KRW", "SEK", "DKK"),
        *("NOK", "PLN", "CZK", "HUF", "RON", "CHF", "BGN", "MXN", "BRL", "INR", "TRY"),
        *("ILS", "ZAR", "SGD", "HKD", "AED"),
    )
)


def names_currency(text: pl.Expr, currency: str) -> pl.Expr:
    """Whether the text is empty or means this currency; `$` means any dollar."""
    own = [s for s, codes in _SYMBOLS.items() if currency in codes]
    return _name(text).is_in(["", currency, *own])


def names_any_currency(text: pl.Expr) -> pl.Expr:
    """Whether the text is a known name of a currency."""
    return _name(text).is_in([*_SYMBOLS, *_CODES])


def _name(text: pl.Expr) -> pl.Expr:
    return text.fill_null("").str.strip_suffix(".").str.to_uppercase()
