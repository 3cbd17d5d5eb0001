"""Lets go of what is old: files of earlier catalogs, past reports, finished jobs."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import text

from app.core.file_storage import Storage
from app.database import Database
from app.publications.previews.preview import KEPT as PLANS_KEPT
from app.settings import Settings

log = structlog.get_logger(__name__)

RHYTHM = timedelta(minutes=10)
JOBS_KEPT = timedelta(days=7)
HOOK_IDS_KEPT = timedelta(days=7)
"""Senders repeat a webhook for days; within that time its id must be known."""
AT_A_TIME = 50
LOCK = 0x7265666565640003

# Files that only catalogs past the newest N of a store use; the rows stay.
_OLD_FILES = text(
    """
    WITH ranked AS (
      SELECT id, store_id, mode, state, storage_key,
             row_number() OVER (PARTITION BY store_id ORDER BY id DESC) AS place
        FROM catalog WHERE storage_key <> ''
    ),
    old AS (
      SELECT id, storage_key FROM ranked
       WHERE place > :keep AND state IN ('ready', 'rejected')
         AND id NOT IN (SELECT current_catalog_id FROM store
                         WHERE current_catalog_id IS NOT NULL)
         -- partial catalogs count for as long as the full one before them
         AND NOT (mode = 'partial' AND id > (
           SELECT coalesce(current_catalog_id, '00000000-0000-0000-0000-000000000000')
             FROM store WHERE store.id = ranked.store_id))
    )
    UPDATE catalog SET storage_key = ''
     WHERE id IN (SELECT id FROM old
                   WHERE storage_key NOT IN (
                     SELECT storage_key FROM ranked WHERE id NOT IN (
                       SELECT id FROM old)))
    RETURNING (SELECT storage_key FROM old WHERE old.id = catalog.id)
    """
)
_OLD_RUNS = text(
    "SELECT id FROM publication WHERE finished_at < now() - :keep "
    "ORDER BY id LIMIT :limit"
)
_OLD_PLANS = text(
    "SELECT id FROM plan WHERE requested_at < now() - :keep "
    "ORDER BY requested_at LIMIT :limit"
)
_OLD_JOBS = text(
    "DELETE FROM job WHERE state IN ('done', 'dead') AND done_at < now() - :keep"
)
_OLD_HOOK_IDS = text("DELETE FROM hook_call WHERE received_at < now() - :keep")
_OLD_HOOK_SECRETS = text("DELETE FROM hook_secret WHERE valid_until < now()")


async def tidy(database: Database, storage: Storage, settings: Settings) -> None:
    """One round; a process that finds another at it leaves it to that one."""
    async with database.transaction() as tx:
        alone = await tx.session.scalar(
            text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}
        )
        if not alone:
            return
        await tx.session.execute(_OLD_JOBS, {"keep": JOBS_KEPT})
        await tx.session.execute(_OLD_HOOK_IDS, {"keep": HOOK_IDS_KEPT})
        await tx.session.execute(_OLD_HOOK_SECRETS)
        runs = list(
            (
                await tx.session.execute(
                    _OLD_RUNS, {"keep": settings.keep_reports, "limit": AT_A_TIME}
                )
            ).scalars()
        )
        old = {"keep": PLANS_KEPT, "limit": AT_A_TIME}
        plans = list((await tx.session.execute(_OLD_PLANS, old)).scalars())
        for table, column, ids in (
            ("change", "publication_id", [*runs, *plans]),
            ("submission", "publication_id", runs),
            ("publication", "id", runs),
            ("plan", "id", plans),
        ):
            await tx.session.execute(
                text(f"DELETE FROM {table} WHERE {column} = ANY(:ids)"),  # noqa: S608 - constants
                {"ids": ids},
            )
        files = list(
            (
                await tx.session.execute(_OLD_FILES, {"keep": settings.keep_catalogs})
            ).scalars()
        )
    # After the commit: a file too many is found by nobody, one too few by everybody.
    for key in files:
        await asyncio.to_thread(storage.remove, key)
    if runs or files:
        log.info("housekeeping", publications=len(runs), files=len(files))
