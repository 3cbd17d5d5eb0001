"""Loads what the acceptance of new orders is decided by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import market_of
from app.core.statements import load_statements
from app.offers.service import sku_key
from app.orders.automation.rules import (
    AcceptRule,
    PendingLine,
    PendingOrder,
    Stock,
    deciding_rule,
)
from app.stores.settings.automations import AcceptOrders, Automations

MOST = 1000
"""New orders of an account that one run looks at, the oldest ones."""
_SQL = load_statements(__package__, "inputs.sql")


@dataclass(frozen=True, slots=True)
class StoreAutomations:
    """An active store of an account with its automations."""

    id: UUID
    country: str
    order_scope: str
    automations: Automations


async def automated_stores(
    session: AsyncSession, account_id: UUID
) -> list[StoreAutomations]:
    """The active stores of the account that have automations, by their ids."""
    found = await session.execute(_SQL["stores"], {"account": account_id})
    return [
        StoreAutomations(
            row.id,
            row.country,
            row.order_scope,
            Automations.model_validate(row.automations),
        )
        for row in found
    ]


def accept_rules(
    stores: Sequence[StoreAutomations],
) -> list[tuple[str, str, AcceptRule]]:
    """Country, order scope and rule of each store that accepts orders."""
    return [
        (store.country, store.order_scope, _rule(store.id, store.country, given))
        for store in stores
        if (given := store.automations.accept_orders) is not None
    ]


def _rule(store_id: UUID, country: str, given: AcceptOrders) -> AcceptRule:
    return AcceptRule(
        store_id=store_id,
        currency=market_of(country).currency,
        skus=[sku_key(pattern) for pattern in given.exclude_skus],
        countries=frozenset(given.exclude_countries),
        min_price=given.min_price,
        max_price=given.max_price,
        max_stock_age=given.max_stock_age,
    )


async def pending_orders(
    session: AsyncSession,
    account_id: UUID,
    rules: Sequence[tuple[str, str, AcceptRule]],
) -> list[PendingOrder]:
    """New orders of the account, the oldest first, with the rule for each."""
    values = {"account": account_id, "most": MOST}
    orders = (await session.execute(_SQL["pending_orders"], values)).mappings().all()
    ids = [order["id"] for order in orders]
    lines: dict[UUID, list[PendingLine]] = {order_id: [] for order_id in ids}
    for row in await session.execute(_SQL["pending_lines"], {"orders": ids}):
        line = PendingLine(row.state, row.sku_key, row.quantity)
        lines[row.order_id].append(line)
    return [
        PendingOrder(
            **order,
            rule=deciding_rule(rules, order["country"]),
            lines=lines[order["id"]],
        )
        for order in orders
    ]


async def stock_for(
    session: AsyncSession, orders: Sequence[PendingOrder]
) -> Mapping[tuple[UUID, str], Stock]:
    """What these orders may take, by store and SKU key."""
    stores = {order.rule.store_id for order in orders if order.rule}
    keys = {line.sku_key for order in orders for line in order.lines if line.sku_key}
    values = {"stores": sorted(stores), "keys": sorted(keys)}
    rows = await session.execute(_SQL["stock"], values)
    return {
        (row.store_id, row.sku_key): Stock(row.units, row.as_of)
        for row in rows
        if row.units is not None
    }
