"""Makes runs and previews wait for the import of their store's live listings.

Before the first import nothing is known of what is on sale, so nothing may be sent
("Live state", initial import). The listings in other markets of the account count too.
"""

from datetime import datetime, timedelta
from typing import Any
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
    """Whether listings of the store's account are still to be read; requests it.

    Raises ListingsNotImportedError if a read that ended after `since` failed.
    """
    own = store.listings_imported_at is None
    if own:
        check = await _last(tx, "last_check", store.id)
        await _request(tx, store, JobKind.DRIFT_CHECK, store.id, check, since)
    check = await _last(tx, "last_other_market_check", store.account_id)
    elsewhere = store.account_id and (check is None or check.read_at is None)
    if elsewhere:
        kind = JobKind.CHECK_OTHER_MARKETS
        await _request(tx, store, kind, store.account_id, check, since)
    return own or bool(elsewhere)


async def _last(tx: Transaction, name: str, subject_id: UUID | None) -> Any:  # noqa: ANN401 - a row
    found = await tx.session.execute(_SQL[name], {"subject": subject_id})
    return found.one_or_none()


async def _request(  # noqa: PLR0913, PLR0917 - a read and what is known of the last
    tx: Transaction,
    store: Store,
    kind: JobKind,
    subject_id: UUID | None,
    last: Any,  # noqa: ANN401 - a row
    since: datetime,
) -> None:
    """Request a read unless one is active. Raises ListingsNotImportedError."""
    assert subject_id is not None  # noqa: S101 - a store without an account waits not
    if last is not None and last.state == "failed" and last.finished_at >= since:
        message = last.reason or sentence_for(last.reason_code)
        raise ListingsNotImportedError(last.reason_code, message)
    if last is None or last.state in {"done", "failed"}:
        await tx.enqueue(kind, subject_id, store.tenant_id)


async def wake_waiting(tx: Transaction, store_id: UUID, tenant_id: UUID) -> None:
    """Wake the requested runs and previews that wait for the store's listings."""
    for kind, name in (
        (JobKind.PUBLISH, "requested_runs"),
        (JobKind.PLAN, "requested_plans"),
    ):
        found = await tx.session.execute(_SQL[name], {"store": store_id})
        for subject in found.scalars().all():
            await tx.enqueue(kind, subject, tenant_id)
