"""Makes runs and previews wait for the import of their store's live listings.

Before the first import nothing is known of what is on sale, so nothing may be sent
("Live state", initial import).
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.core.sql import load_sql
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.publications.messages import sentence_for
from app.stores.models import Store

PAUSE = timedelta(seconds=30)
"""The longest wait between two checks; the end of an import wakes a run earlier."""
REASON = "awaiting_listing_import"
_SQL = {
    name: text(statement)
    for name, statement in load_sql(__package__, "listing_imports.sql").items()
}


class ListingsNotImportedError(Exception):
    """The listings could not be imported, for a reason that no retry resolves."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


async def awaited(tx: Transaction, store: Store, since: datetime) -> bool:
    """Whether the store's listings are still to be imported; requests the import.

    Raises ListingsNotImportedError if an import that ended after `since` failed.
    """
    if store.listings_imported_at is not None:
        return False
    found = await tx.session.execute(_SQL["last_check"], {"store": store.id})
    check = found.one_or_none()
    if check is None or check.state == "done":
        await tx.enqueue(JobKind.DRIFT_CHECK, store.id)
    elif check.state == "failed":
        if check.finished_at >= since:
            code = check.reason_code
            raise ListingsNotImportedError(code, check.reason or sentence_for(code))
        await tx.enqueue(JobKind.DRIFT_CHECK, store.id)
    return True


async def wake_waiting(tx: Transaction, store_id: UUID) -> None:
    """Wake the store's requested runs and previews."""
    for kind, name in (
        (JobKind.PUBLISH, "requested_runs"),
        (JobKind.PLAN, "requested_plans"),
    ):
        found = await tx.session.execute(_SQL[name], {"store": store_id})
        for subject in found.scalars().all():
            await tx.enqueue(kind, subject)
