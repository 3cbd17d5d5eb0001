"""The import job: imports the next catalog of a store and records the result."""

import asyncio
import tempfile
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import text

from app.catalogs.engine.config import ImportConfig, ImportCounts
from app.catalogs.engine.read.inspect import Inspection, inspect_catalog
from app.catalogs.engine.read.source import CatalogRejectedError
from app.catalogs.imports.child_import import ImportWork, import_file
from app.catalogs.imports.next_import import ImportTask, next_task
from app.catalogs.imports.outcome_events import ready_event, rejected_event
from app.catalogs.lifecycle import CATALOG
from app.catalogs.models import Catalog
from app.catalogs.parsing import import_limits, parse
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.file_storage import Storage
from app.database import Database
from app.events.service import record_events
from app.jobs.frame import Job
from app.jobs.kinds import JobKind
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.offers.locks import lock_offers
from app.offers.sales import restate
from app.settings import Settings
from app.stores import catalog_facts
from app.stores import service as stores

log = structlog.get_logger(__name__)

_NOW = timedelta(0)
REPEATED = (
    *("detected", "columns", "source_categories", "problem_counts"),
    *("excluded_by", "empty_fields"),
)
"""Columns that a catalog shares with one of the same bytes and settings."""
_REJECT_IMPORTING = text(
    "UPDATE catalog SET state = 'rejected', phase = NULL, reason_code = :code, "
    "reason = :message, finished_at = now() "
    "WHERE store_id = :id AND state = 'importing' RETURNING id"
)
_SUPERSEDE = text("SELECT refeed_supersede_catalogs(:id)")
BEHIND_A_LARGE_ONE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ImportServices:
    """Services of a worker that imports need."""

    settings: Settings
    database: Database
    storage: Storage
    large: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the only large import of this worker; small ones do not take it."""


class ImportJob(Job[ImportTask]):
    """Imports the store's next catalog; snoozes while there may be another one."""

    name = "import"

    def __init__(self, services: ImportServices) -> None:
        self.services = services

    async def load(self, lease: Lease) -> ImportTask | Snooze | None:
        services = self.services
        async with services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            task = await next_task(
                tx.session, services.settings, services.storage, lease.subject_id
            )
            if task is None:
                await lease.finish(tx.session)
                return None
        if task.is_large and services.large.locked():
            return Snooze(BEHIND_A_LARGE_ONE)
        return task

    async def work(self, lease: Lease, loaded: ImportTask) -> Snooze | None:
        with structlog.contextvars.bound_contextvars(catalog_id=str(loaded.catalog_id)):
            try:
                await _run_task(self.services, lease, loaded)
            except CatalogRejectedError as error:
                await _reject(self.services, lease, loaded, error)
        return Snooze(_NOW)

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """Reject the catalog whose import is given up; a new job imports the others."""
        values = {
            "id": lease.subject_id,
            "code": reason.code,
            "message": reason.message,
        }
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            rejected = await tx.session.execute(_REJECT_IMPORTING, values)
            ended = list(rejected.scalars())
            store = await stores.find(tx.session, lease.subject_id)
            if store and ended:
                code, message = reason.code, reason.message
                of = [rejected_event(store.id, one, code, message) for one in ended]
                await record_events(tx.session, of)
                await tx.enqueue(JobKind.IMPORT, store.id, store.tenant_id)


async def _run_task(tools: ImportServices, lease: Lease, task: ImportTask) -> None:
    if task.duplicate:
        await _repeat(tools, lease, task, task.duplicate)
    elif task.config is None:
        found = await _inspect(tools, task)
        await _await_mapping(tools, lease, task, found)
    else:
        async with tools.large if task.is_large else nullcontext():
            counts = await _import(tools, lease, task, task.config)
        failpoint("import.committed")
        log.info("catalog.imported", **asdict(counts))


def _workdir() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="refeed-import-")


async def _import(
    tools: ImportServices, lease: Lease, task: ImportTask, config: ImportConfig
) -> ImportCounts:
    """Run the engine in a parser process."""

    def on_report(phase: str) -> None:
        lease.check()
        failpoint(f"import.{phase}")

    with _workdir() as folder:
        work = ImportWork(
            connection=tools.database.copy_connection,
            job_id=lease.claim.id,
            job_token=lease.claim.token,
            catalog_id=task.catalog_id,
            store_id=task.store_id,
            source=task.source,
            config=config,
            config_version=task.config_version,
            as_of=task.as_of,
            is_partial=task.is_partial,
            sets_columns=task.sets_columns,
            workdir=Path(folder),
        )
        limits = import_limits(tools.settings, task.source)
        return await parse(import_file, work, limits=limits, on_report=on_report)


async def _inspect(tools: ImportServices, task: ImportTask) -> Inspection:
    with _workdir() as folder:
        limits = import_limits(tools.settings, task.source)
        return await parse(inspect_catalog, task.source, Path(folder), limits=limits)


async def _await_mapping(
    tools: ImportServices, lease: Lease, task: ImportTask, found: Inspection
) -> None:
    """Without a mapping: store the columns, so that one can be created."""
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        catalog = await tx.session.get_one(Catalog, task.catalog_id)
        CATALOG.move(catalog, "awaiting_mapping")
        catalog.phase = None
        catalog.columns = list(found.columns)
        catalog.detected = asdict(found.detected)
        catalog.counts = {"rows": found.rows}
        catalog.config_version = task.config_version
        store = await stores.require(tx.session, task.store_id)
        newest = task.sets_columns and not task.is_partial
        if newest or store.catalog_columns is None:
            catalog_facts.set_columns(store, found.columns)


async def _repeat(
    tools: ImportServices, lease: Lease, task: ImportTask, duplicate: Catalog
) -> None:
    """Copy the result of a catalog with the same bytes and settings."""
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        # As an import does: the offers before the store.
        await lock_offers(tx.session, [task.store_id])
        store = await stores.find_locked(tx.session, task.store_id)
        if store is None or store.config_version != task.config_version:
            return  # the next import of the catalog uses the new settings
        catalog = await tx.session.get_one(Catalog, task.catalog_id)
        earlier = duplicate.counts
        valid = earlier["created"] + earlier["changed"] + earlier["unchanged"]
        catalog.counts = earlier | {
            "created": 0,
            "changed": 0,
            "unchanged": valid,
            "disappeared": 0,
        }
        CATALOG.move(catalog, "ready")
        catalog.phase = None
        catalog.duplicate_of = duplicate.duplicate_of or duplicate.id
        for name in REPEATED:
            setattr(catalog, name, getattr(duplicate, name))
        catalog.config_version = task.config_version
        catalog.finished_at = utc_now()
        catalog_facts.set_current(store, catalog.id)
        if task.sets_columns:
            catalog_facts.set_columns(store, duplicate.columns)
        await tx.session.flush()
        await restate(tx.session, store.id)
        await tx.session.execute(_SUPERSEDE, {"id": catalog.id})
        event = ready_event(store.id, catalog.id, catalog.counts)
        await record_events(tx.session, [event])


async def _reject(
    tools: ImportServices, lease: Lease, task: ImportTask, error: CatalogRejectedError
) -> None:
    """Reject the catalog; the offers stay unchanged."""
    log.info("catalog.rejected", code=error.code)
    columns = list(error.columns)
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        catalog = await tx.session.get_one(Catalog, task.catalog_id)
        CATALOG.move(catalog, "rejected")
        catalog.phase = None
        catalog.reason_code, catalog.reason = error.code, error.message
        catalog.accepted = error.accepted
        catalog.config_version = task.config_version
        catalog.finished_at = utc_now()
        if columns:
            catalog.columns = columns
        if columns and task.sets_columns and not task.is_partial:
            store = await stores.require(tx.session, task.store_id)
            catalog_facts.set_columns(store, columns)
        event = rejected_event(task.store_id, catalog.id, error.code, error.message)
        await record_events(tx.session, [event])
