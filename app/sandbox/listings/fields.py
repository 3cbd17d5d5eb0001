"""Parses and validates the fields of a listing write (pure functions)."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.sandbox.listings.shippers import SHIPPERS
from app.sandbox.markets import DEFAULT_CURRENCIES, Market
from app.sandbox.options import SandboxOptions

Value = int | str | Decimal | bool | None
Changes = dict[str, Value]
# Field name -> error message.
FieldErrors = dict[str, str]

MAX_COMMENT_LENGTH = 500
MIN_WARRANTY = 12
MONEY = ("price", "min_price")
SHIPPING_SLOTS = (1, 2, 3)
CENT = Decimal("0.01")
MAX_PRICE = Decimal(1_000_000)
# One seller observed that the price may exceed the floor by at most this factor.
PRICE_OVER_FLOOR = Decimal("1.08")


def number(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError("must be an integer")  # noqa: TRY004  (invalid input, not a bug)
    try:
        return int(raw)
    except ValueError:
        raise ValueError("must be an integer") from None


def quantity(raw: object) -> int:
    found = number(raw)
    if found < 0:
        raise ValueError("must not be negative")
    return found


def amount(raw: object) -> Decimal:
    """Parse a positive amount from a text or number (Back Market, general, money)."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("must be a number")  # noqa: TRY004  (invalid input, not a bug)
    try:
        found = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValueError("must be a decimal number with a dot") from None
    if not found.is_finite() or not 0 < found < MAX_PRICE:
        raise ValueError("must be a positive amount")
    return found.quantize(CENT, ROUND_HALF_UP)


def floor(raw: object) -> Decimal | None:
    return None if raw is None else amount(raw)


def comment(raw: object) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str) or len(raw) > MAX_COMMENT_LENGTH:
        raise ValueError(f"must be a text of at most {MAX_COMMENT_LENGTH} characters")
    return raw


def warranty(raw: object) -> int:
    found = number(raw)
    if found < MIN_WARRANTY:
        raise ValueError(f"must be at least {MIN_WARRANTY} months")
    return found


def currency(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("must be a currency code")  # noqa: TRY004  (invalid input, not a bug)
    return raw.strip().upper()


def text(raw: object) -> str | None:
    if raw is None or isinstance(raw, str):
        return raw
    raise ValueError("must be a text")


def shipping_price(raw: object) -> str | None:
    if raw is None:
        return None
    if str(raw).strip() in {"0", "0.0", "0.00"}:
        return "0.00"
    return str(amount(raw))


def shipping_delay(raw: object) -> int | None:
    return None if raw is None else quantity(raw)


PARSERS: dict[str, Callable[[object], Value]] = {
    "quantity": quantity,
    "price": amount,
    "currency": currency,
    "min_price": floor,
    "comment": comment,
    "warranty_delay": warranty,
    "pub_state": number,
}
for _slot in SHIPPING_SLOTS:
    PARSERS[f"shipper_{_slot}"] = text
    PARSERS[f"shipper_display_{_slot}"] = text
    PARSERS[f"shipping_price_{_slot}"] = shipping_price
    PARSERS[f"shipping_delay_{_slot}"] = shipping_delay

SHIPPER_FIELDS = tuple(f"shipper_{slot}" for slot in SHIPPING_SLOTS)


def read_fields(sent: Mapping[str, object]) -> tuple[Changes, FieldErrors]:
    """Parse the writable fields; unknown names are ignored."""
    changes: Changes = {}
    errors: FieldErrors = {}
    for name, raw in sent.items():
        parser = PARSERS.get(name)
        if parser is None:
            continue
        try:
            changes[name] = parser(raw)
        except ValueError as error:
            errors[name] = str(error)
    return changes, errors


def currency_error(changes: Changes, market: Market) -> FieldErrors:
    """Check that a price is in the market's currency.

    Back Market, listings, update: EUR and USD may be omitted on their own platforms;
    other currencies are required.
    """
    if "price" not in changes:
        return {}
    named = changes.get("currency") or DEFAULT_CURRENCIES.get(market.platform)
    if named == market.currency:
        return {}
    return {"currency": f"must be {market.currency} for the market {market.code}"}


def fraction_errors(changes: Changes, market: Market) -> FieldErrors:
    """Refuse fractions of a currency without them (Back Market, corrections, yen)."""
    return {
        name: f"must be a whole amount of {market.currency}"
        for name in MONEY
        if isinstance(found := changes.get(name), Decimal) and found % market.cent
    }


def floor_error(
    price: Decimal | None, min_price: Decimal | None, options: SandboxOptions
) -> FieldErrors:
    """Apply the option min_price_rule; public sources disagree on this rule."""
    if not options.min_price_rule or price is None or min_price is None:
        return {}
    if price <= (min_price * PRICE_OVER_FLOOR).quantize(CENT, ROUND_HALF_UP):
        return {}
    return {"min_price": f"is too far below the price {price}"}


def shipper_errors(changes: Changes, options: SandboxOptions) -> FieldErrors:
    """Check shippers against a fixed list (Back Market, carriers)."""
    if not options.check_shippers:
        return {}
    return {
        name: f"unknown shipper {shipper!r}"
        for name in SHIPPER_FIELDS
        if (shipper := changes.get(name))
        and shipper not in SHIPPERS
        and shipper not in options.extra_shippers
    }
