"""Parses scalar values, which Back Market sends as text or as a number."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

_LONGEST_NUMBER = 40
_LONGEST_TIME = 64
_YEARS = range(1970, 2200)
_LARGEST_AMOUNT = Decimal(10) ** 10 - 1
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def text(value: object) -> str | None:
    """Return non-empty text without characters that PostgreSQL rejects, else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = whole(value)
        return None if number is None else str(number)
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isprintable():  # nearly all, and quick to see
        return value.strip() or None
    return _UNSTORABLE.sub("", value).strip() or None


def money(value: object) -> Decimal | None:
    """Return an amount from `"249.00"`, `249`, `249.5` or `{"amount": "249.00"}`."""
    if isinstance(value, Mapping):
        value = value.get("amount")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER * 3:
        return None
    written = str(value).strip()
    if "." not in written:
        written = written.replace(",", ".", 1)
    if len(written) > _LONGEST_NUMBER:
        return None
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return None
    # An exponent beyond this is no price, and would make a very long text.
    fits = amount.is_finite() and abs(amount.adjusted()) < _LONGEST_NUMBER
    return amount if fits else None


def whole(value: object) -> int | None:
    """Return a whole number from `4`, `"4"` or `4.0`, within 64 bits, else None."""
    if type(value) is int and -(2**63) <= value < 2**63:  # as nearly all are
        return value
    amount = None if isinstance(value, Mapping) else money(value)
    if amount is None or amount != amount.to_integral_value():
        return None
    number = int(amount)
    return number if -(2**63) <= number < 2**63 else None


def integer(value: object, bits: int = 32) -> int | None:
    """Return a whole number that fits a signed column of so many bits, else None."""
    number = whole(value)
    limit = 2 ** (bits - 1)
    return number if number is not None and -limit <= number < limit else None


def price(value: object) -> Decimal | None:
    """Return an amount that fits `numeric(12, 2)` after rounding, else None."""
    amount = money(value)
    return amount if amount is not None and abs(amount) < _LARGEST_AMOUNT else None


def uuid(value: object) -> str | None:
    """Return a UUID as lower-case text with hyphens, else None."""
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    try:
        return str(UUID(value.strip()))
    except ValueError:
        return None


def number_id(value: object) -> str | None:
    """Return the digits of a positive whole number, else None."""
    number = whole(value)
    return str(number) if number is not None and number > 0 else None


def moment(value: object) -> datetime | None:
    """A time in UTC from any offset and any fraction; without an offset it is UTC.

    None for a time with which no calculation is possible, such as the year 1.
    """
    written = value.strip() if isinstance(value, str) else ""
    if not 0 < len(written) <= _LONGEST_TIME:
        return None
    try:
        found = datetime.fromisoformat(written)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in _YEARS else None


def same_sku(sku: str) -> str:
    """A SKU as it is compared: trimmed, in composed characters, in any case."""
    return unicodedata.normalize("NFC", sku.strip()).casefold()
