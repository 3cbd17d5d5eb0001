"""Adds up orders by country, state, currency or day; money per currency."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.sql import compose
from app.orders.lists.conditions import conditions_of, scope_conditions
from app.orders.lists.query import BOUNDS, PAGE_SQL, OrderQuery
from app.orders.lists.small_sets import small_set

MOST_GROUPS = 10_000


class TotalsBy(StrEnum):
    """What orders are grouped by; `day` is the day of the order in UTC."""

    COUNTRY = "country"
    STATE = "state"
    CURRENCY = "currency"
    DAY = "day"


_KEYS: Mapping[TotalsBy, str] = {
    TotalsBy.COUNTRY: "o.country",
    TotalsBy.STATE: "o.state",
    TotalsBy.CURRENCY: "o.currency",
    TotalsBy.DAY: "(o.created_at AT TIME ZONE 'UTC')::date",
}


async def read_totals(
    session: AsyncSession, query: OrderQuery, by: TotalsBy
) -> list[Any]:
    """Rows of key, currency, orders and sums; at most `MOST_GROUPS`."""
    if not query.scopes:
        return []
    small = await small_set(session, query, BOUNDS.sorted)
    conditions = conditions_of(query.filters, utc_now())
    conditions += scope_conditions(query.scopes)
    sql = compose(
        PAGE_SQL["totals"],
        {
            "source": compose(PAGE_SQL["set_of_orders"], {"set": small.sql})
            if small
            else "sales_order AS o",
            "key": _KEYS[by],
            "conditions": conditions.joined,
            "most": str(MOST_GROUPS),
        },
    )
    values = {**(small.values if small else {}), **conditions.values}
    return list((await session.execute(text(sql), values)).all())
