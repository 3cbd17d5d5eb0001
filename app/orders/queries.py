"""Reads orders: which ones a caller may see, single ones, their lines and actions.

A store sees the orders of its seller account, all or only those of its country, by its
`order_scope`. A caller sees what the caller's stores see.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.errors import ConflictError, FieldError, NotFoundError
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


async def views(
    session: AsyncSession, caller: Caller, store_id: UUID | None = None
) -> list[OrderScope]:
    """The views of the caller's stores, or of one of them."""
    rows = await stores.order_scopes(session, caller, store_id)
    return [
        OrderScope(row[0], row[1], None if row[3] == "all_countries" else row[2])
        for row in rows
    ]


def scopes_of(
    seen: Sequence[OrderScope], countries: Collection[str]
) -> list[tuple[UUID, str | None]]:
    """Account and country pairs to read, without pairs that another one covers.

    `countries` limits them, unless it is empty.
    """
    whole = {view.account_id for view in seen if view.country is None}
    if countries:
        wanted = {(account, country) for account in whole for country in countries}
        partly = {(v.account_id, v.country) for v in seen if v.country in countries}
        return sorted(wanted | partly)
    parts = {
        (v.account_id, v.country)
        for v in seen
        if v.country and v.account_id not in whole
    }
    return [*((account_id, None) for account_id in sorted(whole)), *sorted(parts)]


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


async def find_order_id(session: AsyncSession, caller: Caller, number: int) -> UUID:
    """Our id of the order with Back Market's number that the caller may see.

    Raises NotFoundError, and ConflictError if accounts have orders of this number.
    """
    seen = await views(session, caller)
    found = await session.execute(
        select(SalesOrder.id, SalesOrder.account_id, SalesOrder.country).where(
            SalesOrder.marketplace_id == number,
            col(SalesOrder.account_id).in_({view.account_id for view in seen}),
        )
    )
    ids: list[UUID] = [
        order_id
        for order_id, account_id, country in found
        if any(view.shows(account_id, country) for view in seen)
    ]
    if not ids:
        raise NotFoundError("Order not found.")
    if len(ids) > 1:
        raise ambiguous_order(number, ids)
    return ids[0]


def ambiguous_order(number: int, ids: Sequence[UUID]) -> ConflictError:
    message = f"Several seller accounts have an order {number}."
    accepted = ", ".join(sorted(map(str, ids)))
    return ConflictError(
        message,
        code="ambiguous_order",
        errors=[FieldError("order_id", "ambiguous_order", message, accepted)],
    )


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


async def actions_by_id(
    session: AsyncSession, caller: Caller, ids: Collection[UUID]
) -> list[tuple[OrderAction, int]]:
    """Those of orders that the caller may see, with Back Market's number of the order.

    In the order of their requests.
    """
    seen = await views(session, caller)
    found = await session.execute(
        select(OrderAction, SalesOrder.marketplace_id, SalesOrder.country)
        .join(SalesOrder, col(SalesOrder.id) == col(OrderAction.order_id))
        .where(col(OrderAction.id).in_(ids))
        .order_by(col(OrderAction.id))
    )
    return [
        (action, number)
        for action, number, country in found
        if any(view.shows(action.account_id, country) for view in seen)
    ]


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
