"""Reads orders as Back Market returns them, and writes what moves their lines.

Sections 3 and 7: pages in any order, any time offset, empty texts and nulls, both
spellings of addresses, undocumented states.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from app.backmarket.errors import NotUnderstoodError
from app.backmarket.markets import UnknownMarketError, market_of
from app.backmarket.wire.pages import has_next
from app.backmarket.wire.scalars import integer, moment, price, text, whole

UNKNOWN_STATE = -1
"""Replaces a state that is missing or not a number."""

_DEEPEST = 20
"""Levels of a field without a column that are kept."""
_LONGEST_INTEGER = 128
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Section 14.1: documented names and those that the API returns.
_ADDRESS_NAMES = {
    "state": "state_or_province",
    "phone_number": "phone",
    "street_2": "street2",
    "address": "street",
    "address2": "street2",
}
_OWN_COLUMNS = frozenset(
    [
        "order_id",
        "state",
        "date_creation",
        "date_modification",
        "date_payment",
        "date_shipping",
        "expected_dispatch_date",
        "price",
        "shipping_price",
        "sales_taxes",
        "currency",
        "country_code",
        "shipper",
        "tracking_number",
        "tracking_url",
        "shipping_address",
        "billing_address",
        "orderlines",
        "statuscode",
    ]
)
# A signed link may differ in each response: not a change of the order.
_NO_CONTENT = frozenset({"delivery_note", "statuscode"})


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line; `sku` is what the seller called it at the time of the sale.

    Money is in `currency`; `price` is as Back Market says it (section 14.2: one piece
    or all of them, sources differ); `fee` is its commission.
    """

    id: int
    state: int
    sku: str | None
    listing_id: int | None
    title: str | None
    product_id: int | None
    quantity: int
    price: Decimal | None
    shipping_price: Decimal | None
    sales_taxes: Decimal | None
    fee: Decimal | None
    currency: str | None
    imei: str | None
    serial_number: str | None
    return_reason: int | None
    return_message: str | None
    shipper: str | None
    condition: int | None
    brand: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """One order; None is what Back Market did not say, times are UTC.

    `country` is ISO 3166 alpha-2, None when `country_code` names no known market.
    Addresses have `snake_case` names, whichever came. `other_fields` has every other
    field as it came; `digest` changes with any field.
    """

    id: int
    state: int
    country: str | None
    country_code: str | None
    created_at: datetime | None
    modified_at: datetime | None
    paid_at: datetime | None
    shipped_at: datetime | None
    dispatch_by: datetime | None
    price: Decimal | None
    shipping_price: Decimal | None
    sales_taxes: Decimal | None
    currency: str | None
    shipper: str | None
    tracking_number: str | None
    tracking_url: str | None
    shipping_address: dict[str, str | None] = field(repr=False)
    billing_address: dict[str, str | None] = field(repr=False)
    other_fields: dict[str, object] = field(repr=False)
    lines: tuple[OrderLine, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of orders, and whether another follows."""

    items: tuple[Order, ...] = ()
    has_next: bool = False
    count: int | None = None
    """The total number of orders in the window, if Back Market reports it."""
    unreadable: int = 0
    """Entries without an order number."""


def parse_orders(answer: object, number: int = 1) -> OrderPage:
    """Read one page (section 3), counted from 1.

    Raises NotUnderstoodError if there is no list of results.
    """
    page = answer if isinstance(answer, Mapping) else {"results": answer}
    results = page.get("results")
    if not isinstance(results, list):
        raise NotUnderstoodError("Back Market's page carries no list of orders.")
    read = [parse_order(entry) for entry in results]
    items = tuple(order for order in read if order)
    return OrderPage(
        items,
        has_next=has_next(page, results, number),
        count=integer(page.get("count")),
        unreadable=len(read) - len(items),
    )


def parse_order(answer: object) -> Order | None:
    """Read one order (section 7.4), tolerantly; None without an order number."""
    if not isinstance(answer, Mapping):
        return None
    number = whole(answer.get("order_id"))
    if number is None:
        return None
    raw_lines = answer.get("orderlines")
    entries = raw_lines if isinstance(raw_lines, list) else []
    code = text(answer.get("country_code"))
    return Order(
        id=number,
        state=_state(answer.get("state")),
        country=_country(code),
        country_code=code,
        created_at=moment(answer.get("date_creation")),
        modified_at=moment(answer.get("date_modification")),
        paid_at=moment(answer.get("date_payment")),
        shipped_at=moment(answer.get("date_shipping")),
        dispatch_by=moment(answer.get("expected_dispatch_date")),
        price=price(answer.get("price")),
        shipping_price=price(answer.get("shipping_price")),
        sales_taxes=price(answer.get("sales_taxes")),
        currency=_currency(answer.get("currency")),
        shipper=text(answer.get("shipper_display")) or text(answer.get("shipper")),
        tracking_number=text(answer.get("tracking_number")),
        tracking_url=text(answer.get("tracking_url")),
        shipping_address=_address(answer.get("shipping_address")),
        billing_address=_address(answer.get("billing_address")),
        other_fields=_others(answer),
        lines=_lines(entries),
        digest=_digest(answer),
    )


def _lines(entries: list[object]) -> tuple[OrderLine, ...]:
    """Each line once; a line without an id gets its position, counted down from -1."""
    lines = {
        line.id: line
        for place, entry in enumerate(entries, start=1)
        if isinstance(entry, Mapping)
        for line in (_line(entry, place),)
    }
    return tuple(lines.values())


def _line(entry: Mapping[str, object], place: int) -> OrderLine:
    number = whole(entry.get("id"))
    return OrderLine(
        id=-place if number is None else number,
        state=_state(entry.get("state")),
        sku=_sku(entry.get("listing")),
        listing_id=whole(entry.get("listing_id")),
        title=text(entry.get("product")),
        product_id=whole(entry.get("product_id")),
        quantity=integer(entry.get("quantity")) or 0,
        price=price(entry.get("price")),
        shipping_price=price(entry.get("shipping_price")),
        sales_taxes=price(entry.get("sales_taxes")),
        fee=price(entry.get("orderline_fee")),
        currency=_currency(entry.get("currency")),
        imei=text(entry.get("imei")),
        serial_number=text(entry.get("serial_number")),
        return_reason=integer(entry.get("return_reason")),
        return_message=text(entry.get("return_message")),
        shipper=text(entry.get("shipper")),
        condition=integer(entry.get("condition")),
        brand=text(entry.get("brand")),
    )


def _state(value: object) -> int:
    state = integer(value)
    return UNKNOWN_STATE if state is None else state


def _currency(value: object) -> str | None:
    written = text(value)
    return written.upper()[:3] if written else None


def _sku(value: object) -> str | None:
    """Unchanged: a request about the line must repeat it exactly."""
    known = text(value)
    return value if isinstance(value, str) and known == value.strip() else known


def _country(code: str | None) -> str | None:
    try:
        return market_of(code).country if code else None
    except UnknownMarketError:
        return None


def _address(value: object) -> dict[str, str | None]:
    if not isinstance(value, Mapping):
        return {}
    address: dict[str, str | None] = {}
    for name, entry in value.items():
        snake = _HUMP.sub("_", _storable(str(name))).lower()
        known = _ADDRESS_NAMES.get(snake, snake)
        address[known] = text(entry) or address.get(known)
    return address


def _others(answer: Mapping[str, object]) -> dict[str, object]:
    return {
        _storable(str(name)): _clean(value)
        for name, value in answer.items()
        if name not in _OWN_COLUMNS
    }


def _clean(value: object, depth: int = _DEEPEST) -> object:
    """The value as PostgreSQL can store it in JSON, cut off below `_DEEPEST` levels."""
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, Mapping):
        below = value.items() if depth else ()
        return {_storable(str(k)): _clean(v, depth - 1) for k, v in below}
    if isinstance(value, list):
        return [_clean(entry, depth - 1) for entry in (value if depth else ())]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if value.bit_length() <= _LONGEST_INTEGER else None
    return None


def _storable(words: str) -> str:
    return re.sub(r"[\x00\ud800-\udfff]", "", words)


def _digest(answer: Mapping[str, object]) -> str:
    content = {k: _clean(v) for k, v in answer.items() if k not in _NO_CONTENT}
    written = json.dumps(content, sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()
