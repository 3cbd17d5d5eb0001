"""Enqueues the jobs of channels that have a message to send."""

from app.core.sql import load_sql
from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.settings import Settings

SCHEDULE_LIMIT = 200

SQL = load_statements(__package__, "alerts.sql")
ANY_PENDING = load_sql(__package__, "alerts.sql")["any_pending"]
"""SQL: whether an event or a test is pending."""


async def request_due(tx: Transaction, settings: Settings) -> int:
    """Enqueue a job for each channel that has none; returns how many."""
    values = {"digest": settings.alert_digest}
    due = (await tx.session.execute(SQL["channels_due"], values)).all()
    tenants = {row.id: row.tenant_id for row in due}
    return await tx.enqueue_missing(JobKind.SEND_ALERTS, tenants, SCHEDULE_LIMIT)
