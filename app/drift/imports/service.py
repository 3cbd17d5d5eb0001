"""Requests listing imports, and records their results when the drift check ends."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.accounts import service as accounts
from app.core.columns import utc_now
from app.core.errors import NotFoundError
from app.core.lifecycle import Lifecycle
from app.database import Transaction
from app.drift import scheduling
from app.drift.models import DriftCheck, ListingImport
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.stores.models import Store

LISTING_IMPORT = Lifecycle(
    "listing import",
    {"requested": {"finished", "failed"}, "finished": {}, "failed": {}},
    frozenset({"finished", "failed"}),
)


async def request(tx: Transaction, store: Store) -> ListingImport:
    """Request an import; the next drift check of the store does it.

    Raises ConflictError for a store without a token.
    """
    check = await scheduling.request_by_api(tx, store)
    return await _add(tx.session, check, "api")


async def ensure_initial(
    session: AsyncSession, store: Store, check: DriftCheck
) -> None:
    """Add the import before the first publication, unless one is requested already."""
    if store.listings_imported_at is None and not await _open(session, store.id):
        await _add(session, check, "publication")


async def record_result(session: AsyncSession, check: DriftCheck) -> None:
    """End the imports that the check answers: those requested before it began.

    A check that failed answers all.
    """
    done = check.state == "done"
    ended: list[NewEvent] = []
    for each in await _open(session, check.store_id, lock=True):
        if done and check.started_at and each.requested_at > check.started_at:
            continue
        LISTING_IMPORT.move(each, "finished" if done else "failed")
        each.reason_code, each.reason = check.reason_code, check.reason
        each.listings, each.counts = check.listings, dict(check.counts)
        each.finished_at = utc_now()
        ended.append(_ended(each))
    await record_events(session, ended)


def _ended(each: ListingImport) -> NewEvent:
    data = {
        "listing_import_id": str(each.id),
        "state": each.state,
        "reason": {"code": each.reason_code, "message": each.reason}
        if each.reason_code
        else None,
        "listings": each.listings,
        "counts": each.counts,
        "path": f"/v1/stores/{each.store_id}/listing-imports/{each.id}",
    }
    kind = EventType.LISTING_IMPORT_FINISHED
    return NewEvent(kind, each.id, data, store_id=each.store_id)


async def load(session: AsyncSession, store_id: UUID, import_id: UUID) -> ListingImport:
    """Raises NotFoundError for an unknown import or one of another store."""
    found = await session.get(ListingImport, import_id)
    if found is None or found.store_id != store_id:
        raise NotFoundError("Listing import not found.")
    return found


async def list_imports(
    session: AsyncSession, store_id: UUID, before: UUID | None, limit: int
) -> Sequence[ListingImport]:
    """The store's imports, newest first; one more than `limit`, if there is one."""
    query = select(ListingImport).where(col(ListingImport.store_id) == store_id)
    if before:
        query = query.where(col(ListingImport.id) < before)
    rows = await session.execute(
        query.order_by(col(ListingImport.id).desc()).limit(limit + 1)
    )
    return rows.scalars().all()


async def _add(session: AsyncSession, check: DriftCheck, trigger: str) -> ListingImport:
    # By the clock of the database, as is the start of the check.
    now = await accounts.database_now(session)
    row = ListingImport(store_id=check.store_id, trigger=trigger, requested_at=now)
    session.add(row)
    await session.flush()
    return row


async def _open(
    session: AsyncSession, store_id: UUID, *, lock: bool = False
) -> Sequence[ListingImport]:
    query = select(ListingImport).where(
        col(ListingImport.store_id) == store_id,
        col(ListingImport.state) == "requested",
    )
    rows = await session.execute(query.with_for_update() if lock else query)
    return rows.scalars().all()
