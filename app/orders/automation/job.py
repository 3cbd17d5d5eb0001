"""The job that applies the automations of an account's stores after an order sync."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlmodel import col, select

from app.access.audit.service import Automation
from app.accounts import service as accounts
from app.core.errors import ProblemError
from app.core.failpoints import failpoint
from app.database import Database, Transaction
from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.orders import queries
from app.orders.actions import service as order_actions
from app.orders.actions.checks import ActionRequest
from app.orders.actions.service import Decided, decide
from app.orders.automation.inputs import (
    accept_rules,
    automated_stores,
    pending_orders,
    stock_for,
)
from app.orders.automation.reminders import remind
from app.orders.automation.rules import (
    ACCEPT,
    AcceptRule,
    PendingOrder,
    plan_acceptance,
)
from app.orders.enums import Action
from app.orders.models import SalesOrder

log = structlog.get_logger(__name__)


class AutomationJob(Job[UUID]):
    """Requests accept actions and records reminders; the subject is an account.

    Running it twice requests nothing twice: an order that has an action is left alone.
    """

    name = "automation"

    def __init__(self, database: Database) -> None:
        self.database = database

    async def load(self, lease: Lease) -> UUID:
        return lease.subject_id

    async def work(self, lease: Lease, loaded: UUID) -> Snooze | None:
        async with self.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            stores = await automated_stores(tx.session, loaded)
            await accept_covered(tx, loaded, accept_rules(stores))
            reminded = await remind(tx.session, loaded, stores)
            log.info("automation.reminded", orders=reminded)
            failpoint("automation.before_finish")
            await lease.finish(tx.session)
        return None

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:  # noqa: ARG002 - the frame's
        """The next order sync requests another run."""
        log.error("automation.given_up", code=reason.code, message=reason.message)


async def accept_covered(
    tx: Transaction, account_id: UUID, rules: Sequence[tuple[str, str, AcceptRule]]
) -> None:
    """Request the acceptance of the account's new orders that stock covers."""
    if not rules:
        return
    orders = await pending_orders(tx.session, account_id, rules)
    stock = await stock_for(tx.session, orders)
    now = await accounts.database_now(tx.session)
    plan = plan_acceptance(orders, stock, now)
    log.info(
        "automation.planned",
        accepted=len(plan.accepted),
        left={str(reason): count for reason, count in plan.left.items()},
    )
    await _request(tx, plan.accepted)


async def _request(tx: Transaction, chosen: Sequence[PendingOrder]) -> None:
    """Request one action per order that nothing else has changed meanwhile."""
    if not chosen:
        return
    found = await _locked(tx, [order.id for order in chosen])
    lines = await queries.lines_by_order(tx.session, list(found))
    has_action = await order_actions.orders_with_actions(tx.session, list(found))
    decided: dict[UUID, list[Decided]] = {}
    for pending in chosen:
        order = found.get(pending.id)
        if order is None or order.id in has_action or pending.rule is None:
            continue
        try:
            request = ActionRequest(Action.ACCEPT, None, {})
            each = decide(order, lines[order.id], [], request)
        except ProblemError as problem:
            log.info("automation.not_possible", code=problem.code)
            continue
        decided.setdefault(pending.rule.store_id, []).append(each)
    for store_id, actions in decided.items():
        rule = Automation(ACCEPT)
        await order_actions.store_actions(tx, rule, actions, store_id=store_id)


async def _locked(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, SalesOrder]:
    """The orders, locked in the order in which a sync writes them."""
    query = (
        select(SalesOrder)
        .where(col(SalesOrder.id).in_(ids))
        .order_by(col(SalesOrder.marketplace_id))
        .with_for_update()
    )
    rows = (await tx.session.execute(query)).scalars()
    return {order.id: order for order in rows}
