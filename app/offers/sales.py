"""Sales: what they lower at Back Market, and what they take from a stated quantity.

The merchant's number speaks for a time. Units sold after that time are subtracted from
it; units sold before are part of it ("Live state", sales).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.offers.locks import lock_offers

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

    `changed`: SKU keys of known order lines that have another state now. Only in the
    transaction that stores the order lines, so that each sale is recorded once.
    """
    keys = sorted({sale.sku_key for sale in sales}.union(changed))
    if not keys:
        return
    values = {"account": account_id, "keys": keys}
    stores = (await session.execute(_SQL["offers_sold"], values)).scalars().all()
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
        },
    )
    await session.execute(_SQL["count_units"], {"stores": list(stores), "keys": keys})


async def restate(
    session: AsyncSession, store_id: UUID, named: Collection[str] | None = None
) -> None:
    """A statement of quantities arrived: what was sold before its time is in it.

    `named`: the SKU keys that it names, None for a full catalog. The caller holds the
    lock of the store's offers.
    """
    keys = None if named is None else sorted(named)
    await session.execute(_SQL["restate"], {"store": store_id, "named": keys})
