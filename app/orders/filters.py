"""Parses the filters, the sort and the cursor of an order list."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Query

from app.backmarket.markets import MARKETS, UnknownMarketError, market_of
from app.core.errors import FieldError, InvalidError
from app.orders.due import DueReason
from app.orders.enums import ORDER_STATES, state_code
from app.orders.lists.conditions import Filters, OrderPosition, OrderSort
from app.orders.outcome import OrderOutcome
from app.orders.search.words import (
    MOST_WORDS,
    Search,
    WordRange,
    exactly,
    number_word,
    search_of,
    tag_word,
)
from app.web.pagination import Cursor, bad_cursor, decode_cursor
from app.web.schemas import AnyTime

MOST_VALUES = 50
"""Values of a filter that takes several."""
Value = TypeVar("Value")
Moment = Annotated[AnyTime | None, Query(description="RFC 3339; UTC without an offset")]
End = Annotated[AnyTime | None, Query(description="exclusive; RFC 3339")]
Several = Annotated[str, Query(max_length=500)]


Words = Annotated[
    str | None,
    Query(
        max_length=200,
        description="words of the buyer's name, an order number, SKU or tracking "
        "number, in any case and order. A word of three characters also finds "
        "longer ones that begin with it.",
    ),
]
Countries = Annotated[
    list[Several] | None,
    Query(
        max_length=MOST_VALUES,
        description="repeated or separated by commas: `FR`, `fr-fr`; `UK` is "
        "taken for `GB`",
    ),
]
States = Annotated[
    list[Several] | None,
    Query(
        max_length=MOST_VALUES,
        description="an order's `state` or `state_code`, repeated or separated "
        "by commas",
    ),
]
Outcome = Annotated[
    OrderOutcome | None, Query(description="the outcome, derived from the lines")
]
DueReasons = Annotated[
    list[Several] | None,
    Query(
        max_length=MOST_VALUES,
        description="orders that the seller is late with: `not_accepted` (24 "
        "hours after the payment), `not_shipped` (after `dispatch_by`), `any`; "
        "repeated or separated by commas",
    ),
]
HasInvoice = Annotated[
    bool | None, Query(description="whether Back Market has an invoice")
]
Tag = Annotated[str | None, Query(max_length=50, description="a tag, in any case")]
MerchantOrderId = Annotated[
    str | None, Query(max_length=100, description="exactly this one")
]


def filters_of(  # noqa: PLR0913, PLR0917 - one parameter per filter
    q: Words = None,
    country: Countries = None,
    state: States = None,
    outcome: Outcome = None,
    due: DueReasons = None,
    has_invoice: HasInvoice = None,
    tag: Tag = None,
    merchant_order_id: MerchantOrderId = None,
    created_from: Moment = None,
    created_to: End = None,
    modified_from: Moment = None,
    modified_to: End = None,
) -> Filters:
    """Raises InvalidError, which lists the accepted values."""
    return Filters(
        countries=_each("country", country, _country),
        states=_each("state", state, _state),
        outcome=outcome,
        due=_due(due),
        has_invoice=has_invoice,
        created_from=_utc(created_from),
        created_to=_utc(created_to),
        modified_from=_utc(modified_from),
        modified_to=_utc(modified_to),
        search=_search(q) if q is not None and q.strip() else None,
        exact=_exact(tag, merchant_order_id),
    )


def _exact(tag: str | None, merchant_order_id: str | None) -> tuple[WordRange, ...]:
    words = [tag_word(tag.strip())] if tag and tag.strip() else []
    if merchant_order_id and merchant_order_id.strip():
        words.append(number_word(merchant_order_id.strip()))
    if any(not word.isprintable() for word in words):
        message = "Tags and numbers have no control characters."
        raise _invalid("tag", "unusable_search", message, "printable characters")
    return tuple(map(exactly, words))


def _search(given: str) -> Search:
    search = search_of(given)
    if search is None or len(search.words) > MOST_WORDS:
        accepted = f"1 to {MOST_WORDS} words of letters or digits"
        message = (
            "The search has no letter or digit."
            if search is None
            else (f"The search has {len(search.words)} words.")
        )
        raise _invalid("q", "unusable_search", message, accepted)
    return search


def _each(
    field: str, given: Sequence[str] | None, parse: Callable[[str], Value]
) -> tuple[Value, ...]:
    """The parsed values, each once, in the order given."""
    return tuple(dict.fromkeys(map(parse, _split(field, given))))


def _split(field: str, given: Sequence[str] | None) -> list[str]:
    parts = (part.strip() for value in given or () for part in value.split(","))
    values = list(dict.fromkeys(part for part in parts if part))
    if len(values) > MOST_VALUES:
        accepted = f"at most {MOST_VALUES} values"
        message = f"`{field}` has {len(values)} values."
        raise _invalid(field, "too_many_values", message, accepted)
    return values


def _country(given: str) -> str:
    try:
        return market_of(given).country
    except UnknownMarketError as error:
        accepted = ", ".join(sorted(MARKETS))
        message = f"Back Market has no market `{error.country}`."
        raise _invalid("country", "unknown_market", message, accepted) from None


def _state(given: str) -> int:
    code = state_code(given)
    if code is None:
        accepted = ", ".join(f"{word} ({n})" for n, word in ORDER_STATES.items())
        message = f"Orders have no state `{given[:60]}`."
        raise _invalid("state", "unknown_state", message, accepted)
    return code


def _due(given: Sequence[str] | None) -> tuple[DueReason, ...]:
    wanted = _split("due", given)
    unknown = [word for word in wanted if word not in {"any", *DueReason}]
    if unknown:
        accepted = ", ".join(["any", *DueReason])
        message = f"Orders are not due for the reason `{unknown[0][:60]}`."
        raise _invalid("due", "unknown_reason", message, accepted)
    return tuple(r for r in DueReason if wanted and ("any" in wanted or r in wanted))


def _invalid(field: str, code: str, message: str, accepted: str) -> InvalidError:
    return InvalidError(message, errors=[FieldError(field, code, message, accepted)])


def _utc(given: datetime | None) -> datetime | None:
    if given is None or given.tzinfo:
        return given
    return given.replace(tzinfo=UTC)


def sort_of(
    sort: Annotated[
        OrderSort,
        Query(description="`-` is descending. Without `dispatch_by`, orders are last."),
    ] = OrderSort.NEWEST,
) -> OrderSort:
    return sort


RequestedSort = Annotated[OrderSort, Depends(sort_of)]


def position_of(sort: RequestedSort, cursor: Cursor = None) -> OrderPosition | None:
    """The position after which the page starts. Raises InvalidError.

    A cursor is valid for the sort that it comes from.
    """
    key = decode_cursor(cursor, 3)
    if key is None:
        return None
    try:
        at, order_id = datetime.fromisoformat(key[1]), UUID(key[2])
    except ValueError:
        raise bad_cursor() from None
    if key[0] != sort or at.tzinfo is None:
        raise bad_cursor()
    return OrderPosition(at, order_id)


def cursor_key(sort: OrderSort, position: OrderPosition) -> tuple[object, ...]:
    """What `position_of` reads."""
    return (sort.value, position.at.isoformat(), position.id)


RequestedFilters = Annotated[Filters, Depends(filters_of)]
AfterPosition = Annotated[OrderPosition | None, Depends(position_of)]
