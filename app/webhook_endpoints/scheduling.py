"""Enqueues the delivery jobs of endpoints that have something due."""

from app.core.sql import load_sql
from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.kinds import JobKind

SCHEDULE_LIMIT = 200

SQL = load_statements(__package__, "deliveries.sql")
ANY_PENDING = load_sql(__package__, "deliveries.sql")["any_pending"]
"""SQL: whether a delivery is pending."""


async def request_due(tx: Transaction) -> int:
    """Enqueue a job for each endpoint that has none; returns how many."""
    due = (await tx.session.execute(SQL["endpoints_due"])).all()
    tenants = {row.id: row.tenant_id for row in due}
    return await tx.enqueue_missing(JobKind.DELIVER_EVENTS, tenants, SCHEDULE_LIMIT)
