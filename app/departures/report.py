"""Writes the report of a departure: counts, and the listings that stay online."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.shared_stock import LOWEST, shared_quantity_of
from app.core.sql import load_sql
from app.departures.models import Departure
from app.offers import leaving
from app.stores import service as stores
from app.stores.leaving import that_may_sell
from app.stores.models import Store

_SQL = {
    name: text(statement)
    for name, statement in load_sql(__package__, "report.sql", leaving.LEAVING).items()
}


async def write(
    session: AsyncSession, departure: Departure, store: Store, *, listings: bool
) -> None:
    """Count what was set to 0 and what stays; `listings`: also list what stays."""
    siblings = await siblings_that_sell(session, store)
    online = await leaving.count_online(session, store.id, siblings)
    zeroes = departure.offers == "zero"
    rest = online.online - online.unmatched - online.sold_by_sibling
    rest -= online.live_elsewhere
    departure.counts = {
        "zeroed": await _zeroed(session, departure),
        "sold_by_sibling": online.sold_by_sibling,
        "unmatched": online.unmatched,
        "live_in_other_market": online.live_elsewhere,
        "left": 0 if zeroes else rest,
        "not_zeroed": rest if zeroes else 0,
    }
    departure.shared_quantity = await _policy_without(session, store)
    if listings:
        await session.execute(
            _SQL["list_online"],
            {
                "departure": departure.id,
                "store": store.id,
                "siblings": siblings,
                "zeroes": zeroes,
            },
        )


async def siblings_that_sell(session: AsyncSession, store: Store) -> list[UUID]:
    """Stores of the same account whose listings may be online."""
    return await that_may_sell(session, await stores.siblings(session, store))


async def unsettled(session: AsyncSession, store_id: UUID) -> bool:
    """Whether requests of the store's runs may still have an effect."""
    return bool(await session.scalar(_SQL["unsettled"], {"store": store_id}))


async def _zeroed(session: AsyncSession, departure: Departure) -> int:
    values = {"store": departure.store_id, "since": departure.requested_at}
    return int(await session.scalar(_SQL["zeroed"], values) or 0)


async def _policy_without(session: AsyncSession, store: Store) -> str | None:
    """The policy that sibling stores follow now, if this store led the shared stock."""
    if store.account_id is None:
        return None
    account = await accounts.get(session, store.account_id)
    leads = shared_quantity_of(account.shared_quantity).leader == store.id
    return str(LOWEST) if leads else None
