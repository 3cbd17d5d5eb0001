"""Decides and stores many actions at once; a constant number of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.errors import (
    FieldError,
    NotFoundError,
    PreconditionFailedError,
    ProblemError,
)
from app.database import Transaction
from app.orders import queries
from app.orders.actions import service as order_actions
from app.orders.actions.service import Decided, decide
from app.orders.bulk.items import ItemRequest
from app.orders.models import OrderAction, SalesOrder, SalesOrderLine
from app.orders.references import Reference


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an item: its order if it is found, its action or its problem."""

    order: SalesOrder | None = None
    action: OrderAction | None = None
    problem: ProblemError | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """The orders that the items name, with their lines and open actions."""

    orders: Mapping[Reference, Sequence[SalesOrder]]
    lines: Mapping[UUID, Sequence[SalesOrderLine]]
    unfinished: Mapping[UUID, list[OrderAction]] = field(default_factory=dict)


async def request_actions(
    tx: Transaction,
    caller: Caller,
    items: Sequence[ItemRequest | ProblemError],
    *,
    dry_run: bool,
) -> list[Outcome]:
    """An outcome per item, as if they were requested one after the other.

    An item with a problem does not affect the others. A dry run stores nothing.
    """
    wanted = {item.order for item in items if isinstance(item, ItemRequest)}
    known = await _load(tx.session, caller, wanted, lock=not dry_run)
    outcomes: list[Outcome] = []
    decided: list[Decided] = []
    for item in items:
        if isinstance(item, ProblemError):
            outcomes.append(Outcome(problem=item))
        else:
            outcomes.append(_outcome(known, item, decided))
    if dry_run:
        _hide_ids({str(each.action.id) for each in decided}, outcomes)
    else:
        await order_actions.store_actions(tx, caller, decided)
    return outcomes


def _hide_ids(imagined: set[str], outcomes: Sequence[Outcome]) -> None:
    """Remove ids of actions that a dry run did not store."""
    for outcome in outcomes:
        members = outcome.problem.members if outcome.problem else {}
        if members.get("action_id") in imagined:
            del members["action_id"]


def _outcome(known: _Known, item: ItemRequest, decided: list[Decided]) -> Outcome:
    """Adds a new action to `decided`, and to the open ones of its order."""
    order = None
    try:
        order = _only(known.orders.get(item.order, ()), item.order)
        _require_version(order, item.version)
        unfinished = known.unfinished[order.id]
        found = decide(order, known.lines[order.id], unfinished, item.action)
    except ProblemError as problem:
        return Outcome(order, problem=problem)
    if found.is_new:
        decided.append(found)
        unfinished.append(found.action)
    return Outcome(order, found.action)


def _only(found: Sequence[SalesOrder], reference: Reference) -> SalesOrder:
    """Raises NotFoundError, ConflictError."""
    if not found:
        raise NotFoundError("Order not found.")
    if len(found) > 1:
        assert isinstance(reference, int)  # noqa: S101 - our ids are unique
        raise queries.ambiguous_order(reference, [order.id for order in found])
    return found[0]


def _require_version(order: SalesOrder, version: int | None) -> None:
    if version is None or version == order.version:
        return
    message, current = "The order has changed since you read it.", str(order.version)
    errors = [FieldError("version", "not_current", message, current)]
    raise PreconditionFailedError(message, errors=errors, current=current)


async def _load(
    session: AsyncSession, caller: Caller, wanted: set[Reference], *, lock: bool
) -> _Known:
    seen = await queries.views(session, caller)
    found = [
        order
        for order in await _find(session, seen, wanted, lock=lock)
        if queries.stores_of(order, seen)
    ]
    ids = [order.id for order in found]
    orders: dict[Reference, list[SalesOrder]] = {}
    for order in found:
        orders.setdefault(order.id, []).append(order)
        orders.setdefault(order.marketplace_id, []).append(order)
    return _Known(
        orders,
        await queries.lines_by_order(session, ids),
        await order_actions.open_actions_by_order(session, ids),
    )


async def _find(
    session: AsyncSession,
    seen: Sequence[queries.OrderScope],
    wanted: set[Reference],
    *,
    lock: bool,
) -> Sequence[SalesOrder]:
    """Orders of the accounts, locked in the order in which a sync writes them."""
    numbers = [each for each in wanted if isinstance(each, int)]
    ids = [each for each in wanted if not isinstance(each, int)]
    query = (
        select(SalesOrder)
        .where(
            col(SalesOrder.account_id).in_({view.account_id for view in seen}),
            or_(
                col(SalesOrder.id).in_(ids),
                col(SalesOrder.marketplace_id).in_(numbers),
            ),
        )
        .order_by(col(SalesOrder.account_id), col(SalesOrder.marketplace_id))
    )
    if lock:
        query = query.with_for_update()
    return (await session.execute(query)).scalars().all()
