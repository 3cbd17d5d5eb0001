"""Deletes a store that has left: its jobs, its files, its rows, at last its account."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.account_client import AccountServices
from app.core.failpoints import failpoint
from app.departures.service import end, open_departure
from app.jobs import rows as jobs
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease
from app.offers.locks import lock_offers
from app.orders.actions.service import job_subjects as subjects_of_orders
from app.publications.scheduling import job_subjects as subjects_of_publications
from app.sources.service import job_subjects as subjects_of_sources
from app.stores import service as stores
from app.stores.leaving import delete, lock_account_of
from app.stores.models import Store


async def remove(services: AccountServices, lease: Lease) -> bool:
    """Delete the store with all it has; False: a job of it still runs.

    Files go first, so that a crash leaves none behind.
    """
    async with services.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        subjects = await _stop_jobs(tx.session, lease.subject_id)
    if subjects is None:
        return False
    await _remove_files(services, subjects)
    failpoint("departure.files_removed")
    async with services.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        await lock_account_of(tx.session, lease.subject_id)
        # As an import does: the offers before the store.
        await lock_offers(tx.session, [lease.subject_id])
        late = await _stop_jobs(tx.session, lease.subject_id)
        if late is None:
            return False
        await _delete(tx.session, lease.subject_id)
        failpoint("departure.before_delete")
        await lease.finish(tx.session)
    await _remove_files(services, {*subjects, *late})
    return True


async def _stop_jobs(session: AsyncSession, store_id: UUID) -> list[UUID] | None:
    """Delete the jobs of the store, and of its account if it is the last one.

    Returns their subjects; None: one of the jobs runs.
    """
    store = await stores.find_locked(session, store_id)
    if store is None:
        return []
    subjects = await _subjects(session, store)
    await jobs.delete_queued(session, subjects)
    if await jobs.any_running(session, subjects, JobKind.DEPARTURE):
        return None
    return subjects


async def _subjects(session: AsyncSession, store: Store) -> list[UUID]:
    subjects = [
        store.id,
        *await subjects_of_publications(session, store.id),
        *await subjects_of_sources(session, store.id),
    ]
    if store.account_id and not await stores.siblings(session, store):
        subjects.append(store.account_id)
        subjects += await subjects_of_orders(session, store.account_id)
    return subjects


async def _delete(session: AsyncSession, store_id: UUID) -> None:
    departure = await open_departure(session, store_id)
    store = await stores.find_locked(session, store_id)
    deleted = store is not None and await delete(session, store)
    if departure:
        departure.account_deleted = deleted
        end(departure, "done", departure.reason_code)


async def _remove_files(
    services: AccountServices, folders: set[UUID] | list[UUID]
) -> None:
    """Uploads are in folders named by their store, invoices by their action."""
    for folder in folders:
        await asyncio.to_thread(services.storage.remove_store, folder)
