"""Parses listings of Back Market and builds the update of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.backmarket.errors import NotUnderstoodError
from app.backmarket.wire.pages import has_next
from app.backmarket.wire.scalars import (
    integer,
    money,
    number_id,
    price,
    text,
    uuid,
    whole,
)

# Section 4.3: the older numeric scale of `state` on listings.
_GRADES = {
    9: "PREMIUM",
    0: "EXCELLENT",
    1: "VERY_GOOD",
    2: "GOOD",
    3: "FAIR",
    4: "STALLONE",
}
_MONEY = frozenset({"price", "min_price"} | {f"shipping_price_{n}" for n in (1, 2, 3)})
_COUNTS = frozenset(
    {"quantity", "warranty_delay"} | {f"shipping_delay_{n}" for n in (1, 2, 3)}
)
_WORDS = frozenset({"comment", "currency"} | {f"shipper_{n}" for n in (1, 2, 3)})
_NEVER_BLANK = frozenset({"price", "quantity", "warranty_delay", "currency"})
UPDATE_FIELDS = _MONEY | _COUNTS | _WORDS
"""What the update of one listing may set (section 4.5), shipping per rank 1 to 3."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing in one market; None is what Back Market did not say, or not readably.

    `id` is a UUID, `listing_id` the digits of the older number.
    Money is in `currency`, the warranty in months; `publication_state` is 0 to 4
    (section 4.4: 2 is online), `grade` a word such as `VERY_GOOD`.
    """

    id: str | None = None
    listing_id: str | None = None
    sku: str | None = None
    product_id: str | None = None
    backmarket_id: int | None = None
    ean: str | None = None
    title: str | None = None
    grade: str | None = None
    price: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    currency: str | None = None
    quantity: int | None = None
    publication_state: int | None = None
    comment: str | None = None
    warranty_delay: int | None = None


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of listings, in Back Market's order, and whether another follows."""

    items: tuple[Listing, ...] = field(default=())
    has_next: bool = False
    count: int | None = None
    """The total number of listings, if Back Market reports it."""


def parse_listing(answer: object) -> Listing:
    """Read one listing (Back Market API, listings, "listing object"), tolerantly.

    Amounts may be text or numbers, a missing or odd value becomes None. Raises
    NotUnderstoodError (effect none) for anything but an object.
    """
    if not isinstance(answer, Mapping):
        raise NotUnderstoodError("Back Market's listing is not an object.")
    return Listing(
        id=uuid(answer.get("id")),
        listing_id=number_id(answer.get("listing_id")) or number_id(answer.get("id")),
        sku=text(answer.get("sku")),
        product_id=text(answer.get("product_id")),
        backmarket_id=whole(answer.get("backmarket_id")),
        ean=text(answer.get("ean")),
        title=text(answer.get("title")),
        grade=_grade(answer),
        price=price(answer.get("price")),
        min_price=price(answer.get("min_price")),
        max_price=price(answer.get("max_price")),
        currency=text(answer.get("currency")),
        quantity=integer(answer.get("quantity")),
        publication_state=integer(answer.get("publication_state"), 16),
        comment=text(answer.get("comment")),
        warranty_delay=integer(answer.get("warranty_delay"), 16),
    )


def _grade(listing: Mapping[str, object]) -> str | None:
    """The grade by name; else from the numeric scale, which `grade` may also have."""
    for value in (listing.get("grade"), listing.get("state")):
        number = whole(value)
        if number in _GRADES:
            return _GRADES[number]
        if number is None and (word := text(value)):
            return word.upper().replace(" ", "_").replace("-", "_")
    return None


def parse_page(answer: object, number: int = 1) -> ListingPage:
    """Read one page (Back Market API, listings, "pagination"), counted from 1.

    Entries that are no objects are left out. Raises NotUnderstoodError (effect none)
    if there is no list of results.
    """
    page = answer if isinstance(answer, Mapping) else {"results": answer}
    results = page.get("results")
    if not isinstance(results, list):
        raise NotUnderstoodError("Back Market's page carries no list of results.")
    objects = (entry for entry in results if entry and isinstance(entry, Mapping))
    items = tuple(parse_listing(entry) for entry in objects)
    return ListingPage(
        items,
        has_next=has_next(page, results, number),
        count=integer(page.get("count")),
    )


def parse_found(answer: object) -> tuple[Listing, ...]:
    """Read the answer to a search by SKU: documented as one listing, or else a page."""
    if isinstance(answer, list) or (
        isinstance(answer, Mapping) and "results" in answer
    ):
        return parse_page(answer).items
    return (parse_listing(answer),)


def update_body(fields: Mapping[str, object], currency: str) -> dict[str, object]:
    """Write the body that changes the given fields of one listing, and no others.

    Section 4.5: money is sent as decimal text, and a price with `currency` (the
    market's). None blanks a field where Back Market allows it. Raises ValueError
    for no field, an unknown field, or a value that cannot be sent.
    """
    unknown = set(fields) - UPDATE_FIELDS
    if unknown or not fields:
        raise ValueError(f"not a field of a listing: {sorted(unknown) or 'none given'}")
    body = {name: _value(name, value) for name, value in fields.items()}
    if not _MONEY.isdisjoint(body):
        body.setdefault("currency", currency)
    return body


def _value(name: str, value: object) -> object:
    if value is None and name not in _NEVER_BLANK:
        return None
    if isinstance(value, Decimal):
        value = format(value, "f")
    written: object = text(value)
    if name in _MONEY:
        amount = money(value)
        written = None if amount is None or amount < 0 else format(amount, "f")
    elif name in _COUNTS:
        count = whole(value)
        written = None if count is None or count < 0 else count
    elif name == "comment" and value == "":
        written = ""
    if written is None:
        raise ValueError(f"{name} cannot be {value!r}")
    return written
