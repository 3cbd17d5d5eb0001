"""Recognizes parcels that Back Market shows as shipped before they were sent.

A merchant also ships in Back Market's own pages or by another program.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Automation, Subject
from app.orders.actions import submissions
from app.orders.actions.submissions import ActionSubmission, Reason
from app.orders.actions.transitions import (
    SHIPPED,
    TO_SHIP,
    OrderView,
    PlannedSubmission,
    TransitionResult,
    reconcile,
)
from app.orders.enums import ActionSubmissionState

RULE = "already_shipped"
"""The name of the rule in the audit log."""
OTHER_PARCEL = Reason(
    "shipped_otherwise",
    "The order was shipped with another tracking number: nothing was sent.",
)
_ORDER = text(
    "SELECT o.id, o.account_id, o.tracking_number FROM sales_order AS o "
    "JOIN order_action AS a ON a.order_id = o.id WHERE a.id = :id"
)


def result_of(planned: PlannedSubmission, order: OrderView) -> TransitionResult | None:
    """What a shipped order means for a submission that is about to be sent. Pure.

    None: it is sent. Lines that are accepted or cancelled elsewhere are decided by Back
    Market's answer.
    """
    states = [order.states.get(line) for line in planned.line_ids]
    if planned.to_state not in {TO_SHIP, SHIPPED} or SHIPPED not in states:
        return None
    shown = reconcile(planned, order)
    return None if shown is TransitionResult.NOT_YET else shown


async def recognize(session: AsyncSession, submission: ActionSubmission) -> bool:
    """Whether the order as last fetched settles the submission, which is then marked.

    The entry in the audit log has the name of the rule.
    """
    subject, order = await _order_view(session, submission.action_id)
    shown = result_of(submission.planned, order)
    if shown is None:
        return False
    if shown is TransitionResult.APPLIED:
        done = ActionSubmissionState.RECONCILED
        await submissions.mark(session, submission, done)
    else:
        refused = ActionSubmissionState.REFUSED
        await submissions.mark(session, submission, refused, reason=OTHER_PARCEL)
    lines = list(submission.planned.line_ids)
    await audit.record(
        session,
        Automation(RULE),
        AuditAction.ORDER_ALREADY_SHIPPED,
        subject,
        after={"action_id": str(submission.action_id), "lines": lines},
    )
    return True


async def _order_view(
    session: AsyncSession, action_id: UUID
) -> tuple[Subject, OrderView]:
    """The order of an action, as last fetched."""
    order = (await session.execute(_ORDER, {"id": action_id})).one()
    states = await submissions.line_states(session, action_id)
    view = OrderView(states=states, tracking_number=order.tracking_number)
    return Subject(order.id, account_id=order.account_id), view
