"""API shapes that several areas share, and values that are not guessed.

Pydantic takes a number for a time (seconds since 1970) and for a span (seconds), and
`true` for 1. In a request these are mistakes with an effect.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator
from pydantic_core import PydanticKnownError

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SPAN = re.compile(r"[+-]?P|\d+:\d\d")


class ReasonOut(BaseModel):
    """A stable code, and what it means for people."""

    code: str
    message: str


def _time_text(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise PydanticKnownError("datetime_parsing", {"error": "no date"})


def _span_text(value: object) -> object:
    if isinstance(value, timedelta) or (isinstance(value, str) and _SPAN.match(value)):
        return value
    raise PydanticKnownError("time_delta_parsing", {"error": "no unit"})


def _only_true(value: object) -> object:
    return True if value is True else None


AnyTime = Annotated[datetime, BeforeValidator(_time_text)]
"""A time with or without an offset, such as a query parameter."""
Timestamp = Annotated[AwareDatetime, BeforeValidator(_time_text)]
"""A time with an offset."""
SPAN_TEXT = BeforeValidator(_span_text)
"""Goes after the limits of a `timedelta`."""
All = Annotated[Literal[True], BeforeValidator(_only_true)]
"""`true`, and nothing that only equals it."""
