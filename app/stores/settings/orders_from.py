"""Schema of the time from which orders are fetched."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from app.web.schemas import Timestamp


def _start_of_day(value: object) -> object:
    """A date without a time means its beginning, in UTC."""
    is_date = isinstance(value, str) and _DATE.fullmatch(value)
    return f"{value}T00:00:00Z" if is_date else value


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
OrdersFrom = Annotated[
    Timestamp,
    BeforeValidator(_start_of_day),
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
    WithJsonSchema(
        {"type": "string", "examples": ["2026-03-01", "2026-03-01T08:00:00Z"]}
    ),
]
