"""Parses quantities, warranties, delays and booleans in the formats of merchants."""

import polars as pl

from app.catalogs.engine.validate.piecewise import by_expression, piecewise, reading
from app.catalogs.engine.validate.problem_types import MAX_QUANTITY
from app.catalogs.engine.validate.problems import bit
from app.catalogs.engine.validate.stock_words import is_sold_out

_PIECES = (
    "pcs?|pces?|pieces?|pièces?|pieza?s?|pezz[oi]|pz|stk|st|stück|stuks?|szt|uds?|"
    "unid(?:ade|ad)?e?s?|units?|unités?|ks|x|个|個"
)
_MONTHS = "m|mo|mon|mths?|months?|mois|monate?|mesi|mese|mes(?:es)?|maanden?|kk|mies"
_YEARS = "y|yrs?|years?|ans?|années?|jahre?|j|ann[oi]|años?|jaar|jaren|anos?|år|lat"
_GROUPS = r"[0-9]{1,3}(?:[\s'\x{2019}][0-9]{3}){1,3}"
_QUANTITY = (
    rf"^[-\x{{2212}}+]?\s*(?P<whole>[0-9]{{1,12}}|{_GROUPS})(?P<zeros>[.,]0+)?"
    rf"\s*(?i:(?:{_PIECES})\.?)?$"
)
_MAYBE_THOUSANDS = r"[1-9][0-9]{0,2}[.,]000(?:[^0-9]|$)"
"""`1.000` is a thousand or one. `3.0000`, as Magento exports it, is clear."""
_WARRANTY = (
    rf"^([0-9]{{1,4}})(?:[.,]0)?\s*(?i:(?P<months>{_MONTHS})|(?P<years>{_YEARS}))?\.?$"
)
_SHORTEST_WARRANTY, _LONGEST_WARRANTY = 12, 120
_LONGEST_DELAY = 2000
_YES, _NO = ["true", "yes", "1"], ["false", "no", "0"]


def quantity(text: pl.Expr) -> pl.Expr:
    """A READING in pieces; a null text is a problem.

    Below 0 where the shop sold more than it has: number steps see that number, the
    offer has 0.
    """
    return piecewise(
        text, lambda t: _parse_whole(t, 0, MAX_QUANTITY), by_expression(_parse_quantity)
    )


def warranty(text: pl.Expr) -> pl.Expr:
    """A READING in months; a null text is no problem."""
    return piecewise(
        text,
        lambda t: _parse_whole(t, _SHORTEST_WARRANTY, _LONGEST_WARRANTY),
        by_expression(_parse_warranty),
    )


def delay(text: pl.Expr, problem: int) -> pl.Expr:
    """A READING in whole hours; a null text is no problem."""
    hours = text.str.extract(r"^([0-9]{1,4})(?:[.,]0)?$", 1).cast(pl.Int64)
    usable = hours.is_between(1, _LONGEST_DELAY).fill_null(value=False)
    problems = pl.when(text.is_null() | usable).then(0).otherwise(problem)
    return reading(pl.when(usable).then(hours), problems)


def boolean(text: pl.Expr) -> pl.Expr:
    """A READING of 1 for yes and 0 for no; a null text is no problem."""
    word = text.str.to_lowercase()
    value = pl.when(word.is_in(_YES)).then(1).when(word.is_in(_NO)).then(0)
    wrong = text.is_not_null() & value.is_null()
    problem = bit("new_battery", "boolean_format")
    return reading(value, pl.when(wrong).then(problem).otherwise(0))


def _parse_whole(text: pl.Expr, least: int, most: int) -> pl.Expr:
    number = text.cast(pl.Int64, strict=False)
    good = number.is_between(least, most)
    return pl.when(good).then(reading(number, pl.lit(0)))


def _parse_quantity(text: pl.Expr) -> pl.Expr:
    sold_out = is_sold_out(text)
    shown = text.str.extract(_QUANTITY, 1).str.replace_all("[^0-9]", "")
    shown = pl.when(~text.str.contains(_MAYBE_THOUSANDS)).then(shown)
    digits = pl.when(sold_out).then(0).otherwise(shown.cast(pl.Int64, strict=False))
    negative = text.str.contains(r"^[-\x{2212}]") & (digits > 0)
    problems = (
        pl.when(text.is_null())
        .then(bit("quantity", "quantity_missing"))
        .when(digits.is_null())
        .then(bit("quantity", "quantity_format"))
        .when(negative)
        .then(bit("quantity", "quantity_negative"))
        .when(sold_out)
        .then(bit("quantity", "quantity_sold_out"))
        .when(digits > MAX_QUANTITY)
        .then(bit("quantity", "quantity_too_large"))
        .otherwise(0)
    )
    usable = negative | (digits <= MAX_QUANTITY)
    value = digits * pl.when(negative).then(-1).otherwise(1)
    return reading(pl.when(usable).then(value), problems)


def _parse_warranty(text: pl.Expr) -> pl.Expr:
    months = text.str.extract(_WARRANTY, 1).cast(pl.Int64, strict=False)
    years = text.str.extract(_WARRANTY, 3).is_not_null()
    months = pl.when(years).then(months * 12).otherwise(months)
    problems = (
        pl.when(text.is_null())
        .then(0)
        .when(months.is_null())
        .then(bit("warranty_delay", "warranty_format"))
        .when(months < _SHORTEST_WARRANTY)
        .then(bit("warranty_delay", "warranty_too_short"))
        .when(months > _LONGEST_WARRANTY)
        .then(bit("warranty_delay", "warranty_too_long"))
        .otherwise(0)
    )
    usable = months.is_between(_SHORTEST_WARRANTY, _LONGEST_WARRANTY)
    return reading(pl.when(usable).then(months), problems)
