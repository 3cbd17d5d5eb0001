"""Money, numbers and times as the viewer reads them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import negotiate_locale
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

DEFAULT_LOCALE = "en"
LONGEST_HEADER = 500
LOCALES = (
    *("en", "en_GB", "en_US", "en_AU", "en_IE", "fr", "fr_BE", "de", "de_AT", "es"),
    *("it", "nl", "pt", "fi", "sv", "el", "sk", "cs", "pl", "ja"),
)
"""Of the served markets, and of languages near them."""


@lru_cache(maxsize=256)
def locale_of(accept_language: str) -> Locale:
    """The first known language of an `Accept-Language` header."""
    wanted = _by_weight(accept_language[:LONGEST_HEADER])
    found = negotiate_locale(wanted, LOCALES, sep="_") if wanted else None
    try:
        return Locale.parse(found or DEFAULT_LOCALE)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(DEFAULT_LOCALE)


def _by_weight(header: str) -> list[str]:
    ranges: list[tuple[float, int, str]] = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        if tag and tag != "*":
            ranges.append((-_weight(weight), len(ranges), tag.replace("-", "_")))
    return [tag for _, _, tag in sorted(ranges)]


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Formats:
    """The filters of templates; each takes None and shows a dash."""

    locale: Locale

    def number(self, value: object) -> str:
        number = _decimal(value)
        return NONE if number is None else format_decimal(number, locale=self.locale)

    def percent(self, value: object, digits: int = 0) -> str:
        """A share of 1."""
        number = _decimal(value)
        if number is None:
            return NONE
        usual = self.locale.percent_formats[None].pattern
        pattern = usual.replace("##0", f"##0.{'0' * digits}") if digits else usual
        return format_percent(number, format=pattern, locale=self.locale)

    def money(self, value: object, currency: str | None) -> str:
        number = _decimal(value)
        if number is None:
            return NONE
        if not currency:
            return format_decimal(number, locale=self.locale)
        return format_currency(number, currency, locale=self.locale)

    def country(self, code: str | None) -> str:
        """`FR` as `France`."""
        if not code:
            return NONE
        return str(self.locale.territories.get(code.upper(), code))

    def span(self, value: timedelta | int | None) -> str:
        """A duration in its largest unit: `3 hours`."""
        if value is None:
            return NONE
        return format_timedelta(value, threshold=1.5, locale=self.locale)


NONE = "\N{EN DASH}"


def _decimal(value: object) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def utc_text(value: str | datetime | None) -> str:
    """`30 Nov 2026, 20:15 UTC`: what a page shows until the script runs."""
    moment = moment_of(value)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC" if moment else NONE


def moment_of(value: str | datetime | None) -> datetime | None:
    """An RFC 3339 time as a UTC time."""
    if not value:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC)


def plural(count: float, one: str, many: str | None = None) -> str:
    """The noun that fits the number."""
    return one if count == 1 else many or f"{one}s"


def words(code: object) -> str:
    """A code of the API as words: `awaiting_mapping` as `awaiting mapping`."""
    return str(code).replace("_", " ")


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def listed(items: Sequence[str], limit: int = 3) -> str:
    """`a, b, c and 4 more`."""
    shown, rest = items[:limit], len(items) - limit
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
