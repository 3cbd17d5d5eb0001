"""Moments as Back Market writes and reads them: ISO 8601, offset of the caller."""

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
    """UTC on a machine that has no table of time zones."""
    try:
        return ZoneInfo(ZONES[market.code])
    except ZoneInfoNotFoundError:
        return UTC


def format_moment(moment: float, market: Market, *, microseconds: bool = False) -> str:
    """Seconds precision, the offset of the caller's market, `Z` for none.

    Back Market, general, dates: the caller decides, not the order's country.
    """
    local = datetime.fromtimestamp(moment, zone_of(market))
    text = local.isoformat(timespec="microseconds" if microseconds else "seconds")
    return text.replace("+00:00", "Z")


def end_of_day(moment: float) -> str:
    """Without an offset, as `expected_dispatch_date` is documented."""
    day = datetime.fromtimestamp(moment, UTC).date()
    return f"{day.isoformat()}T23:59:59"


def parse_moment(text: str) -> float:
    """RFC 3339, or `YYYY-MM-DD HH:MM:SS`; without an offset it is taken as UTC.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def to_timestamp(raw: object) -> float:
    """A tester may write a date or seconds since 1970."""
    return parse_moment(raw) if isinstance(raw, str) else float(raw)  # type: ignore[arg-type]  # a wrong one raises
