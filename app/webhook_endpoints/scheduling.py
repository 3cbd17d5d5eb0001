"""Enqueues the delivery jobs of endpoints that have something due."""

from app.core.sql import load_sql
from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.jobs.rows import open_subjects

SCHEDULE_LIMIT = 200

SQL = load_statements(__package__, "deliveries.sql")
ANY_PENDING = load_sql(__package__, "deliveries.sql")["any_pending"]
"""SQL: whether a delivery is pending."""


async def request_due(tx: Transaction) -> int:
    """Enqueue a job for each endpoint that has none; returns how many."""
    due = (await tx.session.execute(SQL["endpoints_due"])).all()
    if not due:
        return 0
    kind = JobKind.DELIVER_EVENTS
    open_ones = await open_subjects(tx.session, kind, [row.id for row in due])
    rows = [row for row in due if row.id not in open_ones][:SCHEDULE_LIMIT]
    for row in rows:
        await tx.enqueue(kind, row.id, row.tenant_id)
    return len(rows)
