"""Deletes old data: catalog files, reports, ended jobs, ids and keys of requests."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import text

from app.catalogs.retention import release_old_files
from app.catalogs.uploads.quota import delete_expired as delete_reservations
from app.core.file_storage import Storage
from app.database import Database
from app.departures import service as departures
from app.events import service as events
from app.hooks.service import delete_expired
from app.idempotency.claims import delete_expired as delete_idempotency_keys
from app.jobs.rows import delete_ended
from app.orders.buyers.erasure import erase_due as erase_buyers
from app.orders.service_cases import store as service_cases
from app.publications.retention import delete_old
from app.settings import Settings
from app.webhook_endpoints import secrets as endpoint_secrets

log = structlog.get_logger(__name__)

INTERVAL = timedelta(minutes=10)
LOCK = 0x7265666565640003


async def delete_old_data(
    database: Database, storage: Storage, settings: Settings
) -> None:
    """Delete what is expired; does nothing while another process does so."""
    async with database.transaction() as tx:
        alone = await tx.session.scalar(
            text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}
        )
        if not alone:
            return
        await delete_ended(tx.session)
        await delete_expired(tx.session)
        await delete_reservations(tx.session)
        await delete_idempotency_keys(tx.session)
        await endpoint_secrets.delete_expired(tx.session)
        await events.delete_old(tx.session, settings.keep_events)
        await service_cases.delete_old(tx.session, settings.keep_service_cases)
        await departures.delete_old(tx.session, settings.keep_reports)
        publications = await delete_old(tx.session, settings.keep_reports)
        files = await release_old_files(tx.session, settings.keep_catalogs)
    await erase_buyers(database, settings.keep_buyers)
    # After the commit: an unused file is harmless, a missing one is not.
    for key in files:
        await asyncio.to_thread(storage.remove, key)
    await asyncio.to_thread(storage.remove_abandoned)
    if publications or files:
        log.info("retention.deleted", publications=publications, files=len(files))
