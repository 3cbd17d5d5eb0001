"""Sales: what they lower at Back Market, and what they take from a stated quantity.

The merchant's number speaks for a time. Units sold after that time are subtracted from
it; units sold before are part of it ("Live state", sales).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.offers.locks import lock_offers

CLOCK_SKEW = timedelta(seconds=5)
"""The largest difference between Back Market's clock and ours."""

_SQL = load_statements(__package__, "sales.sql")


@dataclass(frozen=True, slots=True)
class Sale:
    """Units of one order line; `sold_at` is the latest time that the sale can have."""

    sku_key: str
    units: int
    sold_at: datetime


async def record_sales(
    session: AsyncSession,
    account_id: UUID,
    sales: Sequence[Sale],
    changed: Collection[str] = (),
) -> None:
    """Lower the live quantity by sales that were not known yet.

    Listings that may have shown a sale before it was known are to be read
    (`listings_to_read`). `changed`: SKU keys of known order lines that have another
    state now. Only in the transaction that stores the order lines, so that each sale is
    recorded once.
    """
    keys = sorted({sale.sku_key for sale in sales}.union(changed))
    stores = await stores_that_offer(session, account_id, keys)
    if not stores:
        return
    await lock_offers(session, stores)
    await session.execute(
        _SQL["lower_live"],
        {
            "stores": list(stores),
            "keys": [sale.sku_key for sale in sales],
            "units": [sale.units for sale in sales],
            "times": [sale.sold_at for sale in sales],
            "clock_skew": CLOCK_SKEW,
        },
    )
    await session.execute(_SQL["count_units"], {"stores": list(stores), "keys": keys})


async def lower_accepted(
    session: AsyncSession, stores: Sequence[UUID], keys: Sequence[str]
) -> None:
    """Lower quantities accepted just now by sales since they were sent.

    `stores`: all stores of an account; the caller holds the lock of their offers.
    """
    if not keys:
        return
    values = {"stores": list(stores), "keys": list(keys), "clock_skew": CLOCK_SKEW}
    await session.execute(_SQL["lower_accepted"], values)


@dataclass(frozen=True, slots=True)
class ListingToRead:
    """A listing whose quantity is not certain; `sku` None: it is not listed now."""

    sku_key: str
    sku: str | None


async def listings_to_read(
    session: AsyncSession, account_id: UUID, most: int
) -> list[ListingToRead]:
    """Listings with sales of which the quantity sent or read last may know or not."""
    rows = await session.execute(_SQL["to_read"], {"account": account_id, "most": most})
    return [ListingToRead(**row) for row in rows.mappings()]


async def correct_live(
    session: AsyncSession,
    account_id: UUID,
    quantities: Mapping[str, int | None],
    read_at: datetime,
) -> None:
    """Raise live quantities that sales have lowered too far, to what was read.

    `quantities` by SKU key; None: unknown, nothing is corrected. `read_at`: when
    reading began, by the clock of the database. Then none of them is to be read again.
    """
    stores = await stores_that_offer(session, account_id, quantities)
    await lock_offers(session, stores)
    await session.execute(
        _SQL["correct_live"],
        {
            "account": account_id,
            "stores": list(stores),
            "keys": list(quantities),
            "quantities": list(quantities.values()),
            "read_at": read_at,
        },
    )


async def stores_that_offer(
    session: AsyncSession, account_id: UUID, keys: Collection[str]
) -> Sequence[UUID]:
    """The stores of the account that have an offer with one of the SKU keys."""
    if not keys:
        return []
    values = {"account": account_id, "keys": list(keys)}
    return (await session.execute(_SQL["offers_sold"], values)).scalars().all()


async def restate(
    session: AsyncSession, store_id: UUID, named: Collection[str] | None = None
) -> None:
    """A statement of quantities arrived: what was sold before its time is in it.

    `named`: the SKU keys that it names, None for a full catalog. The caller holds the
    lock of the store's offers.
    """
    keys = None if named is None else sorted(named)
    await session.execute(_SQL["restate"], {"store": store_id, "named": keys})
