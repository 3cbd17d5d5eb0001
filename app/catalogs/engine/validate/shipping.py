"""Validates the carriers of an offer: name, price and delay of each."""

from collections.abc import Mapping

import polars as pl

from app.backmarket.carriers import BY_CASEFOLD, BY_WORDS, CARRIERS
from app.catalogs.engine.validate.checks import OfferChecks, parsed_column
from app.stores.channel import PARCEL_OPTIONS


def check_shipping(result: OfferChecks, attributes: frozenset[str]) -> None:
    """Add one canonical JSON text of the set values, sorted by name."""
    texts: dict[str, pl.Expr] = {}
    names: list[pl.Expr] = []
    for number in PARCEL_OPTIONS:
        if attributes & set(parcel_names(number)):
            texts |= _parcel(result, attributes, number)
            names.append(texts[f"shipper_{number}"])
    if not texts:
        return
    for index, name in enumerate(names):
        for other in names[:index]:
            result.flag(name == other, "shipper_1", "shipper_repeated")
    inner = pl.concat_str(
        [pl.format('"{}":{}', pl.lit(n), texts[n]) for n in sorted(texts)],
        separator=",",
        ignore_nulls=True,
    )
    result.fields["shipping"] = pl.when(inner != "").then(
        pl.lit("{") + inner + pl.lit("}")
    )


def _parcel(
    result: OfferChecks, attributes: frozenset[str], number: int
) -> dict[str, pl.Expr]:
    """The three values of one carrier as JSON texts, null if not set."""
    shipper, price, hours = parcel_names(number)
    cells = [
        pl.col(n) if n in attributes else _NOTHING for n in (shipper, price, hours)
    ]
    is_set = pl.any_horizontal(cell.is_not_null() for cell in cells)
    is_incomplete = pl.any_horizontal(cell.is_null() for cell in cells)
    name = carrier(cells[0])
    result.flag(is_set & is_incomplete, shipper, "shipping_incomplete")
    is_unknown = cells[0].is_not_null() & name.is_null()
    result.flag(is_unknown, shipper, "unknown_carrier")
    cents: pl.Expr = _NO_NUMBER
    if price in attributes:
        read = pl.col(parsed_column(price)).struct
        cents = read.field("cents")
        result.flag(read.field("flaw") > 0, price, "price_format")
    delay: pl.Expr = _NO_NUMBER
    if hours in attributes:
        delay = pl.col(parsed_column(hours)).struct.field("value")
        result.masks.append(pl.col(parsed_column(hours)).struct.field("problems"))
    return {
        shipper: pl.format('"{}"', name),
        price: pl.format('"{}.{}"', cents // 100, _two_digits(cents % 100)),
        hours: delay.cast(pl.String),
    }


def carrier(text: pl.Expr) -> pl.Expr:
    """The name of Back Market's carrier, as `carrier_of`; null for any other text."""
    lower = text.str.strip_chars().str.to_lowercase()
    words = lower.str.replace_all(r"\s+", " ")
    return pl.coalesce(
        _known(text, {name: name for name in CARRIERS}),
        _known(lower, BY_CASEFOLD),
        _known(words, BY_WORDS),
    )


def _known(text: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    return text.replace_strict(
        list(names), list(names.values()), default=None, return_dtype=pl.String
    )


def parcel_names(number: int) -> tuple[str, str, str]:
    """Attribute names of one carrier: name, price and delay."""
    return f"shipper_{number}", f"shipping_price_{number}", f"shipping_delay_{number}"


def _two_digits(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(2)


_NOTHING = pl.lit(None, pl.String)
_NO_NUMBER = pl.lit(None, pl.Int64)
