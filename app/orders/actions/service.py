"""Validates and stores a requested action on an order; a worker executes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.audit import service as audit
from app.access.audit.service import Actor, AuditAction, Automation
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.orders.actions.checks import ActionRequest, check_action
from app.orders.actions.transitions import (
    LineView,
    PlannedSubmission,
    submissions_for,
)
from app.orders.models import (
    OPEN_ACTION,
    OrderAction,
    OrderSubmission,
    SalesOrder,
    SalesOrderLine,
)

_AUDITED = ("shipper", "tracking_number", "tracking_url", "return_reason")


@dataclass(frozen=True, slots=True)
class Decided:
    """What a request leads to: a new action with its submissions, or an open one."""

    action: OrderAction
    planned: Sequence[PlannedSubmission] = ()
    is_new: bool = False


def decide(
    order: SalesOrder,
    lines: Sequence[SalesOrderLine],
    unfinished: Sequence[OrderAction],
    request: ActionRequest,
) -> Decided:
    """An open action with the same content is the answer instead of another one.

    The action is not stored yet. Raises ConflictError, InvalidError (`check_action`).
    """
    possible = check_action(request, [_view(line) for line in lines], unfinished)
    for other in unfinished:
        if other.fingerprint == possible.fingerprint:
            return Decided(other)
    fresh = OrderAction(
        order_id=order.id,
        account_id=order.account_id,
        action=request.action,
        line_ids=[line.id for line in possible.lines],
        fields=dict(request.fields),
        fingerprint=possible.fingerprint,
    )
    planned = submissions_for(
        request.action, order.marketplace_id, possible.lines, request.fields
    )
    return Decided(fresh, planned, is_new=True)


async def request_action(
    tx: Transaction, actor: Actor, order: SalesOrder, request: ActionRequest
) -> OrderAction:
    """The stored action, or the open one with the same content.

    The caller has locked the order. Raises ConflictError, InvalidError.
    """
    lines = await lines_of(tx.session, order.id)
    unfinished = await open_actions(tx.session, order.id)
    decided = decide(order, lines, unfinished, request)
    await store_actions(tx, actor, [decided])
    return decided.action


async def store_actions(
    tx: Transaction,
    actor: Actor,
    decided: Iterable[Decided],
    *,
    store_id: UUID | None = None,
) -> None:
    """Store the new ones with submissions, jobs and audit entries: one statement each.

    The orders are locked. `store_id`: the store whose automation is the actor.
    """
    fresh = [each for each in decided if each.is_new]
    if not fresh:
        return
    for each in fresh:
        each.action.rule = actor.rule if isinstance(actor, Automation) else None
    tx.session.add_all(each.action for each in fresh)
    await tx.session.flush()
    tx.session.add_all(_submissions(fresh))
    await tx.session.flush()
    subjects = {each.action.id: each.action.account_id for each in fresh}
    await tx.enqueue_new(JobKind.ORDER_ACTION, subjects)
    changes = [_change(each.action, store_id) for each in fresh]
    requested = AuditAction.ORDER_ACTION_REQUESTED
    await audit.record_all(tx.session, actor, requested, changes)


def _submissions(decided: Iterable[Decided]) -> Iterator[OrderSubmission]:
    for each in decided:
        for seq, planned in enumerate(each.planned):
            yield OrderSubmission(
                action_id=each.action.id,
                seq=seq,
                line_ids=list(planned.line_ids),
                from_state=planned.from_state,
                to_state=planned.to_state,
                body=dict(planned.body),
            )


def _change(action: OrderAction, store_id: UUID | None) -> audit.Change:
    """Without device numbers, and without texts to the buyer."""
    fields = {k: v for k, v in action.fields.items() if k in _AUDITED}
    return audit.Change(
        audit.Subject(action.order_id, store_id, action.account_id),
        after={"action": action.action, "lines": action.line_ids, **fields},
    )


def _view(line: SalesOrderLine) -> LineView:
    return LineView(line.marketplace_id, line.state, line.sku, line.quantity)


async def lines_of(session: AsyncSession, order_id: UUID) -> Sequence[SalesOrderLine]:
    found = await session.execute(
        select(SalesOrderLine)
        .where(SalesOrderLine.order_id == order_id)
        .order_by(col(SalesOrderLine.position))
    )
    return found.scalars().all()


async def open_actions(session: AsyncSession, order_id: UUID) -> Sequence[OrderAction]:
    return (await open_actions_by_order(session, [order_id]))[order_id]


async def open_actions_by_order(
    session: AsyncSession, order_ids: Sequence[UUID]
) -> dict[UUID, list[OrderAction]]:
    """Those of each order; an empty list without any."""
    rows = await session.execute(
        select(OrderAction)
        .where(col(OrderAction.order_id).in_(order_ids), text(OPEN_ACTION))
        .order_by(col(OrderAction.id))
    )
    found: dict[UUID, list[OrderAction]] = {number: [] for number in order_ids}
    for action in rows.scalars():
        found[action.order_id].append(action)
    return found


async def orders_with_actions(
    session: AsyncSession, order_ids: Sequence[UUID]
) -> set[UUID]:
    """Those of the orders on which an action was ever requested."""
    query = select(OrderAction.order_id).where(col(OrderAction.order_id).in_(order_ids))
    return set((await session.execute(query)).scalars())


async def job_subjects(session: AsyncSession, account_id: UUID) -> list[UUID]:
    """Ids of the account's actions that have not ended."""
    found = await session.execute(
        select(OrderAction.id).where(
            OrderAction.account_id == account_id, text(OPEN_ACTION)
        )
    )
    return list(found.scalars())
