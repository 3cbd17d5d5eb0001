"""Keeps the words by which orders are found: the one place that writes them.

Words of buyers' names are personal data. Code that removes them from an order calls
`index_orders` in the same transaction, with what is left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.orders.search.words import number_word, tag_word, words_of_order

_SQL = load_statements(__package__, "index.sql")
_NAMES = ("company", "first_name", "last_name")
_SPOKEN = ("first_name_pronunciation", "last_name_pronunciation")


@dataclass(frozen=True, slots=True)
class Searchable:
    """What an order is found by: addresses (names only), its number and others."""

    order_id: UUID
    addresses: Sequence[Mapping[str, str | None]] = field(repr=False)
    numbers: Sequence[str | None] = field(repr=False)
    """The order number, SKUs, the tracking number."""
    merchant_order_id: str | None = None
    invoice_number: str | None = None
    tags: Sequence[str] = ()


async def index_orders(
    session: AsyncSession, account_id: UUID, orders: Iterable[Searchable]
) -> None:
    """Replace the words of these orders of one account."""
    words = {order.order_id: _words(order) for order in orders}
    pairs = [(order_id, word) for order_id, each in words.items() for word in each]
    await session.execute(
        _SQL["replace_words"],
        {
            "ids": list(words),
            "order_ids": [order_id for order_id, _ in pairs],
            "words": [word for _, word in pairs],
            "account_id": account_id,
        },
    )


def _words(order: Searchable) -> list[str]:
    names = [
        address.get(name) for address in order.addresses for name in (*_NAMES, *_SPOKEN)
    ]
    merchants = [order.merchant_order_id, order.invoice_number]
    exact = [tag_word(tag) for tag in order.tags]
    if order.merchant_order_id:
        exact.append(number_word(order.merchant_order_id))
    return [*words_of_order(names, [*order.numbers, *merchants]), *exact]
