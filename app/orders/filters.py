"""Parses the filters and the cursor of an order list."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from app.backmarket.markets import MARKETS, UnknownMarketError, market_of
from app.core.errors import FieldError, InvalidError
from app.orders.enums import ORDER_STATES, state_code
from app.orders.outcome import OrderOutcome
from app.orders.queries import Filters, OrderPosition
from app.web.pagination import Cursor, decode_cursor

Moment = Annotated[
    datetime | None, Query(description="RFC 3339; UTC without an offset")
]


def filters_of(  # noqa: PLR0913, PLR0917 - one parameter per filter
    country: Annotated[
        str | None,
        Query(max_length=10, description="`FR`, `fr-fr`; `UK` is taken for `GB`"),
    ] = None,
    state: Annotated[
        str | None,
        Query(max_length=30, description="an order's `state` or `state_code`"),
    ] = None,
    outcome: Annotated[
        OrderOutcome | None,
        Query(description="the outcome, derived from the lines"),
    ] = None,
    created_from: Moment = None,
    created_to: Annotated[
        datetime | None, Query(description="exclusive; RFC 3339")
    ] = None,
    modified_from: Moment = None,
) -> Filters:
    """Raises InvalidError, which lists the accepted values."""
    return Filters(
        country=_country(country) if country else None,
        state=_state(state) if state else None,
        outcome=outcome,
        created_from=_utc(created_from),
        created_to=_utc(created_to),
        modified_from=_utc(modified_from),
    )


def _country(given: str) -> str:
    try:
        return market_of(given).country
    except UnknownMarketError as error:
        accepted = ", ".join(sorted(MARKETS))
        message = f"Back Market has no market `{error.country}`."
        raise InvalidError(
            message, errors=[FieldError("country", "unknown_market", message, accepted)]
        ) from None


def _state(given: str) -> int:
    code = state_code(given)
    if code is None:
        accepted = ", ".join(f"{word} ({n})" for n, word in ORDER_STATES.items())
        message = f"Orders have no state `{given}`."
        raise InvalidError(
            message, errors=[FieldError("state", "unknown_state", message, accepted)]
        )
    return code


def _utc(given: datetime | None) -> datetime | None:
    if given is None or given.tzinfo:
        return given
    return given.replace(tzinfo=UTC)


def position_of(cursor: Cursor = None) -> OrderPosition | None:
    """The position after which the page starts. Raises InvalidError."""
    key = decode_cursor(cursor, 2)
    if key is None:
        return None
    try:
        created_at = datetime.fromisoformat(key[0])
        return OrderPosition(created_at, UUID(key[1]))
    except ValueError:
        message = "The cursor is not valid for this list."
        raise InvalidError(
            message,
            code="bad_cursor",
            errors=[FieldError("cursor", "bad_cursor", message, "`next` of a page")],
        ) from None


RequestedFilters = Annotated[Filters, Depends(filters_of)]
AfterPosition = Annotated[OrderPosition | None, Depends(position_of)]
