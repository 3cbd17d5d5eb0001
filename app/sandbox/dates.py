"""Formats and parses dates: ISO 8601 with the offset of the caller's market."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.sandbox.markets import Market

ZONES = {
    "FR": "Europe/Paris",
    "BE": "Europe/Brussels",
    "ES": "Europe/Madrid",
    "DE": "Europe/Berlin",
    "AT": "Europe/Vienna",
    "IT": "Europe/Rome",
    "NL": "Europe/Amsterdam",
    "PT": "Europe/Lisbon",
    "IE": "Europe/Dublin",
    "GR": "Europe/Athens",
    "SK": "Europe/Bratislava",
    "FI": "Europe/Helsinki",
    "GB": "Europe/London",
    "SE": "Europe/Stockholm",
    "US": "America/New_York",
    "JP": "Asia/Tokyo",
    "AU": "Australia/Sydney",
}


def zone_of(market: Market) -> tzinfo:
    """Return the market's time zone; UTC if the machine has no zone database."""
    try:
        return ZoneInfo(ZONES[market.code])
    except ZoneInfoNotFoundError:
        return UTC


def format_moment(moment: float, market: Market, *, microseconds: bool = False) -> str:
    """Format with seconds precision and the offset of the caller's market; `Z` for UTC.

    Back Market, general, dates: the caller's offset, not that of the order's country.
    """
    local = datetime.fromtimestamp(moment, zone_of(market))
    text = local.isoformat(timespec="microseconds" if microseconds else "seconds")
    return text.replace("+00:00", "Z")


def end_of_day(moment: float) -> str:
    """Format the end of the UTC day, without an offset (`expected_dispatch_date`)."""
    day = datetime.fromtimestamp(moment, UTC).date()
    return f"{day.isoformat()}T23:59:59"


def parse_moment(text: str) -> float:
    """Parse RFC 3339 or `YYYY-MM-DD HH:MM:SS`; UTC if there is no offset.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def to_timestamp(raw: object) -> float:
    """Parse a date text, or accept seconds since 1970."""
    return parse_moment(raw) if isinstance(raw, str) else float(raw)  # type: ignore[arg-type]  # a wrong type raises
