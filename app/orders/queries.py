"""Reads orders: the ones a caller may see, in stable pages, with their lines.

A store sees the orders of its seller account, all or only those of its country, by its
`order_scope`. A caller sees what the caller's stores see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.errors import NotFoundError
from app.core.sql import compose, load_templates
from app.orders.models import OrderAction, OrderSubmission, SalesOrder, SalesOrderLine
from app.stores import service as stores


@dataclass(frozen=True, slots=True)
class OrderScope:
    """The orders that one store sees: of one country, or None for all."""

    store_id: UUID
    account_id: UUID
    country: str | None

    def shows(self, account_id: UUID, country: str | None) -> bool:
        return self.account_id == account_id and self.country in {None, country}


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a list; times are inclusive, except `created_to`."""

    country: str | None = None
    state: int | None = None
    outcome: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    modified_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderPosition:
    """A position in the list, which is sorted by creation, newest first."""

    created_at: datetime
    id: UUID


async def views(
    session: AsyncSession, caller: Caller, store_id: UUID | None = None
) -> list[OrderScope]:
    """The views of the caller's stores, or of one of them."""
    rows = await stores.order_scopes(session, caller, store_id)
    return [
        OrderScope(row[0], row[1], None if row[3] == "all_countries" else row[2])
        for row in rows
    ]


def _scopes(
    seen: Sequence[OrderScope], country: str | None
) -> list[tuple[UUID, str | None]]:
    """Account and country pairs to read, without pairs that another one covers."""
    whole = {view.account_id for view in seen if view.country is None}
    if country:
        partly = {v.account_id for v in seen if v.country == country}
        return [(account_id, country) for account_id in sorted(whole | partly)]
    parts = {
        (v.account_id, v.country)
        for v in seen
        if v.country and v.account_id not in whole
    }
    return [*((account_id, None) for account_id in sorted(whole)), *sorted(parts)]


_WHERE = {
    "state": " AND state = :state",
    "outcome": " AND outcome = :outcome",
    "created_from": " AND created_at >= :created_from",
    "created_to": " AND created_at < :created_to",
    "modified_from": " AND modified_at >= :modified_from",
}


_ALONE = {"shipping_address", "billing_address", "other_fields", "digest"}
_IN_LISTS = ", ".join(
    f"o.{name}" for name in SalesOrder.model_fields if name not in _ALONE
)
"""The columns of an order in a list, without its largest ones."""
_SQL = load_templates(__package__, "queries.sql", {"order_columns": _IN_LISTS})


async def list_orders(
    session: AsyncSession,
    seen: Sequence[OrderScope],
    filters: Filters,
    after: OrderPosition | None,
    limit: int,
) -> Sequence[SalesOrder]:
    """Newest first, without addresses; one more than `limit` when there are more."""
    scopes = _scopes(seen, filters.country)
    if not scopes:
        return []
    page, values = page_query(scopes, filters, after, limit)
    orders = select(SalesOrder).from_statement(
        text(compose(_SQL["orders_of_page"], {"page": page}))
    )
    return (await session.execute(orders, values)).scalars().all()


def page_query(
    scopes: Sequence[tuple[UUID, str | None]],
    filters: Filters,
    after: OrderPosition | None,
    limit: int,
) -> tuple[str, dict[str, Any]]:
    """The SQL that finds the ids of a page, and its values."""
    values: dict[str, Any] = {
        name: getattr(filters, name)
        for name in _WHERE
        if getattr(filters, name) is not None
    }
    where = "".join(_WHERE[name] for name in values)
    if after:
        where += " AND (created_at, id) < (:after_at, :after_id)"
        values |= {"after_at": after.created_at, "after_id": after.id}
    branches = []
    if whole := [account_id for account_id, country in scopes if country is None]:
        values["whole"] = whole
        branches.append(compose(_SQL["page_of_accounts"], {"where": where}))
    if parts := [(a, country) for a, country in scopes if country]:
        values["accounts"] = [account_id for account_id, _ in parts]
        values["countries"] = [country for _, country in parts]
        branches.append(compose(_SQL["page_of_countries"], {"where": where}))
    union = " UNION ALL ".join(f"({branch})" for branch in branches)
    page = compose(_SQL["page"], {"branches": union})
    return page, {**values, "limit": limit + 1}


async def lines_by_order(
    session: AsyncSession, ids: Sequence[UUID]
) -> dict[UUID, list[SalesOrderLine]]:
    found = await session.execute(
        select(SalesOrderLine)
        .where(col(SalesOrderLine.order_id).in_(ids))
        .order_by(col(SalesOrderLine.order_id), col(SalesOrderLine.position))
    )
    lines: dict[UUID, list[SalesOrderLine]] = {number: [] for number in ids}
    for line in found.scalars():
        lines[line.order_id].append(line)
    return lines


async def get_order(
    session: AsyncSession, caller: Caller, order_id: UUID, *, lock: bool = False
) -> tuple[SalesOrder, list[UUID]]:
    """The order and the caller's stores that see it. Raises NotFoundError."""
    order = await session.get(SalesOrder, order_id, with_for_update=lock or None)
    stores: list[UUID] = []
    if order:
        seen = await views(session, caller)
        stores = stores_of(order, seen)
    if order is None or not stores:
        raise NotFoundError("Order not found.")
    return order, stores


def stores_of(order: SalesOrder, seen: Sequence[OrderScope]) -> list[UUID]:
    """The stores that show an order."""
    return [
        view.store_id for view in seen if view.shows(order.account_id, order.country)
    ]


async def actions(
    session: AsyncSession, order_id: UUID, before: UUID | None, limit: int
) -> Sequence[OrderAction]:
    """Newest first."""
    query = (
        select(OrderAction)
        .where(OrderAction.order_id == order_id)
        .order_by(col(OrderAction.id).desc())
        .limit(limit + 1)
    )
    if before:
        query = query.where(col(OrderAction.id) < before)
    return (await session.execute(query)).scalars().all()


async def action(session: AsyncSession, order_id: UUID, action_id: UUID) -> OrderAction:
    """Raises NotFoundError when the order has no such action."""
    found = await session.get(OrderAction, action_id)
    if found is None or found.order_id != order_id:
        raise NotFoundError("Action not found.")
    return found


async def submissions_of(
    session: AsyncSession, action_ids: Sequence[UUID]
) -> dict[UUID, list[OrderSubmission]]:
    found = await session.execute(
        select(OrderSubmission)
        .where(col(OrderSubmission.action_id).in_(action_ids))
        .order_by(col(OrderSubmission.action_id), col(OrderSubmission.seq))
    )
    submissions: dict[UUID, list[OrderSubmission]] = {
        number: [] for number in action_ids
    }
    for call in found.scalars():
        submissions[call.action_id].append(call)
    return submissions
