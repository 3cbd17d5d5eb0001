"""Writes the cells of a sheet as the texts that its reader sees."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

Value = str | int | float | bool | date | datetime | time | timedelta
_EXACT = 10**15
"""Spreadsheets show and keep 15 digits."""
ERRORS = frozenset(
    [
        "#N/A",
        "#NAME?",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
    ]
)
"""What a cell shows whose formula failed: it has no value."""


def texts_of(values: list[Value]) -> list[str]:
    """The texts of a row; empty cells and errors are empty."""
    return [_WRITERS[type(value)](value) for value in values]


def _number(value: float) -> str:
    """Without an exponent and without digits that a spreadsheet does not show."""
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    text = f"{value:.15g}"
    if "e" not in text:
        return text
    return text if "n" in text else f"{Decimal(text):f}"


def _text(value: str) -> str:
    return "" if value in ERRORS else value


def _moment(value: datetime) -> str:
    """A date without a time is stored as midnight."""
    is_date = value.time() == time()
    return (value.date() if is_date else value).isoformat()


_WRITERS: dict[type, Callable[..., str]] = {
    str: _text,
    float: _number,
    int: str,
    bool: lambda value: "true" if value else "false",
    datetime: _moment,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: str,
}
