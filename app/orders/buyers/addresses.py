"""Divides addresses into what lists and searches use, and what is sealed. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from app.backmarket.wire.orders import Order
from app.orders.outcome import outcome_of

Address = Mapping[str, str | None]

IN_LISTS = frozenset(
    {
        *("company", "first_name", "last_name", "city", "country"),
        *("first_name_pronunciation", "last_name_pronunciation"),
    }
)
"""Lists show a buyer's name and city, and searches find names."""
IN_PROGRESS = frozenset({0, 10, 1, 3})
"""States of orders that need the buyer's data (Back Market API, order states)."""
NOT_PERSONAL = frozenset(
    {"payment_method", "is_backship", "installment_payment", "date_bill_provided"}
)
"""Fields without a column that remain when a buyer's data are erased."""


def divide(address: Address) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """The part that stays readable, and the part to seal, which has any other name."""
    shown = {name: value for name, value in address.items() if name in IN_LISTS}
    sealed = {name: value for name, value in address.items() if name not in IN_LISTS}
    return shown, sealed


def emails_of(addresses: Sequence[Address]) -> list[str]:
    """Each e-mail address once, as it is compared."""
    given = (address.get("email") for address in addresses)
    return list(dict.fromkeys(same_email(email) for email in given if email))


def same_email(given: str) -> str:
    """The spelling in which addresses are compared: without case and spaces."""
    return unicodedata.normalize("NFC", given.strip()).casefold()


def in_progress(order: Order) -> bool:
    """Whether a fetched order is unpaid, or to be accepted or shipped."""
    states = [line.state for line in order.lines]
    return order.state in IN_PROGRESS and outcome_of(order.state, states) == "open"


def without_buyer(order: Order) -> Order:
    """What remains of an order: amounts, SKUs, states and times.

    The number of the parcel leads to the address at the carrier. The digest of all
    fields could confirm a guess: it becomes that of what remains.
    """
    left = replace(
        order,
        shipping_address={},
        billing_address={},
        other_fields={
            name: value
            for name, value in order.other_fields.items()
            if name in NOT_PERSONAL
        },
        tracking_number=None,
        tracking_url=None,
        lines=tuple(replace(line, return_message=None) for line in order.lines),
        digest="",
    )
    content = repr((left, sorted(left.other_fields.items(), key=str)))
    return replace(left, digest=sha256(content.encode()).hexdigest())
