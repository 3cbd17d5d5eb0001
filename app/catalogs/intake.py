"""The import job: catalogs in the order they came, then the newest once more."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.backmarket.markets import market_of
from app.catalogs.engine.config import ImportConfig, ImportResult
from app.catalogs.engine.importing import import_catalog
from app.catalogs.engine.inspecting import Inspection, inspect_catalog
from app.catalogs.engine.source import CatalogRejectedError, Hints, Limits, SourceFile
from app.catalogs.models import Catalog
from app.columns import utc_now
from app.crashpoints import crashpoint
from app.database import Database
from app.jobs.lease import Lease, LeaseLostError, Snooze
from app.settings import Settings
from app.storage import Storage
from app.stores import service as stores
from app.stores.mapping import Mapping, category_key
from app.stores.models import Store

log = structlog.get_logger(__name__)

_NOW = timedelta(0)
REVIVABLE = frozenset({"missing_column"})
"""Rejections that another mapping can heal."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors of a worker that imports need."""

    settings: Settings
    database: Database
    storage: Storage


@dataclass(frozen=True, slots=True)
class Task:
    """One catalog to import, with the settings it is imported under."""

    catalog_id: UUID
    store_id: UUID
    source: SourceFile
    config: ImportConfig | None
    config_version: int
    twin: Catalog | None
    """The catalog in force with the same bytes and settings, if there is one."""


async def bring_up_to_date(tools: Tools, lease: Lease) -> Snooze | None:
    """Import the store's next catalog; come back while there is one to import."""
    async with tools.database.transaction() as tx:
        await lease.confirm(tx.session)
        task = await _next_task(tx.session, tools, lease.subject_id)
        if task is None:
            await lease.finish(tx.session)
            return None
    with structlog.contextvars.bound_contextvars(catalog_id=str(task.catalog_id)):
        try:
            await _carry_out(tools, lease, task)
        except CatalogRejectedError as error:
            await _reject(tools, lease, task, error)
    return Snooze(_NOW)


async def _carry_out(tools: Tools, lease: Lease, task: Task) -> None:
    if task.twin:
        await _repeat(tools, lease, task, task.twin)
    elif task.config is None:
        found = await asyncio.to_thread(_inspect, tools, task)
        await _await_mapping(tools, lease, task, found)
    else:
        result = await asyncio.to_thread(_import, tools, lease, task, task.config)
        crashpoint("import.committed")
        log.info("catalog.imported", **asdict(result.counts))


async def _next_task(
    session: AsyncSession, tools: Tools, store_id: UUID
) -> Task | None:
    """The oldest catalog not yet looked at, else the newest under new settings."""
    store = await session.get(Store, store_id)
    if store is None:
        return None
    waiting = (
        select(Catalog)
        .where(
            Catalog.store_id == store_id,
            col(Catalog.state).in_(["received", "importing"]),
        )
        .order_by(col(Catalog.id))
        .limit(1)
    )
    catalog = (await session.execute(waiting)).scalars().first()
    if catalog is None:
        catalog = await _newest_usable(session, store)
        if catalog is None or catalog.config_version == store.config_version:
            return None
    catalog.state = "importing"
    twin = await _twin(session, store, catalog)
    return _task(tools, store, catalog, twin)


async def _newest_usable(session: AsyncSession, store: Store) -> Catalog | None:
    """The newest catalog that the present mapping can read."""
    mapping = stores.mapping_of(store) or Mapping(attributes={})
    found = await session.execute(
        select(Catalog)
        .where(Catalog.store_id == store.id)
        .order_by(col(Catalog.id).desc())
        .limit(50)
    )
    for catalog in found.scalars():
        if catalog.state in {"ready", "awaiting_mapping"}:
            return catalog
        if catalog.reason_code in REVIVABLE and mapping.columns <= set(catalog.columns):
            return catalog
    return None


async def _twin(
    session: AsyncSession, store: Store, catalog: Catalog
) -> Catalog | None:
    if store.current_catalog_id in {None, catalog.id}:
        return None
    current = await session.get(Catalog, store.current_catalog_id)
    same = (
        current is not None
        and current.state == "ready"
        and current.sha256 == catalog.sha256
        and current.given == catalog.given
        and current.config_version == store.config_version
    )
    return current if same else None


def _task(tools: Tools, store: Store, catalog: Catalog, twin: Catalog | None) -> Task:
    mapping = stores.mapping_of(store)
    config = None
    if mapping and not mapping.missing:
        config = ImportConfig(
            mapping=mapping,
            categories={
                category_key(target.source): target.category_id
                for target in stores.categories_of(store)
            },
            currency=market_of(store.country).currency,
            duplicates=store.duplicate_skus,  # type: ignore[arg-type]
            invalid_rows=store.invalid_rows,  # type: ignore[arg-type]
        )
    source = SourceFile(
        path=tools.storage.path(catalog.storage_key),
        media_type=catalog.media_type,
        filename=catalog.filename,
        hints=Hints(**catalog.given),
        limits=Limits(max_expanded_bytes=tools.settings.max_expanded_bytes),
    )
    return Task(catalog.id, store.id, source, config, store.config_version, twin)


def _workdir() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="refeed-import-")


def _import(
    tools: Tools, lease: Lease, task: Task, config: ImportConfig
) -> ImportResult:
    """The engine's work, in a thread. Its last transaction is fenced by the lease."""

    def finish(connection: "psycopg.Connection[Any]", result: ImportResult) -> None:
        _record(connection, lease, task, result)
        crashpoint("import.before_commit")

    with tools.database.connect() as connection, _workdir() as folder:
        connection.autocommit = True
        return import_catalog(
            connection,
            task.source,
            config,
            task.store_id,
            task.catalog_id,
            Path(folder),
            on_phase=_phase_noter(connection, lease, task),
            finish=finish,
        )


def _phase_noter(
    connection: "psycopg.Connection[Any]", lease: Lease, task: Task
) -> Callable[[str], None]:
    def note(phase: str) -> None:
        lease.check()
        crashpoint(f"import.{phase}")
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            connection.execute(
                "UPDATE catalog SET phase = %s WHERE id = %s", [phase, task.catalog_id]
            )

    return note


def _record(
    connection: "psycopg.Connection[Any]",
    lease: Lease,
    task: Task,
    result: ImportResult,
) -> None:
    """Write the result beside the offers, in the same transaction, fenced."""
    held = connection.execute(
        "SELECT 1 FROM job WHERE id = %s AND lease_token = %s AND state = 'running' "
        "FOR UPDATE",
        [lease.claim.id, lease.claim.token],
    ).fetchone()
    if not held:
        raise LeaseLostError
    connection.execute(
        "UPDATE catalog SET state = 'ready', phase = NULL, counts = %s, found = %s, "
        "columns = %s, source_categories = %s, problem_counts = %s, "
        "config_version = %s, same_as = NULL, reason_code = NULL, reason = NULL, "
        "accepted = NULL, finished_at = now() WHERE id = %s",
        [
            Jsonb(asdict(result.counts)),
            Jsonb(asdict(result.found)),
            Jsonb(list(result.columns)),
            Jsonb(result.source_categories),
            Jsonb(result.problem_counts),
            task.config_version,
            task.catalog_id,
        ],
    )
    connection.execute(
        "UPDATE store SET current_catalog_id = %s, catalog_columns = %s, "
        "catalog_categories = %s WHERE id = %s",
        [
            task.catalog_id,
            Jsonb(list(result.columns)),
            Jsonb(result.source_categories),
            task.store_id,
        ],
    )


def _inspect(tools: Tools, task: Task) -> Inspection:
    with _workdir() as folder:
        return inspect_catalog(task.source, Path(folder))


async def _await_mapping(
    tools: Tools, lease: Lease, task: Task, found: Inspection
) -> None:
    """No mapping yet: keep what was seen, so that one can be made."""
    async with tools.database.transaction() as tx:
        await lease.confirm(tx.session)
        catalog = await tx.session.get_one(Catalog, task.catalog_id)
        catalog.state, catalog.phase = "awaiting_mapping", None
        catalog.columns = list(found.columns)
        catalog.found = asdict(found.found)
        catalog.counts = {"rows": found.rows}
        catalog.config_version = task.config_version
        store = await tx.session.get_one(Store, task.store_id)
        store.catalog_columns = list(found.columns)


async def _repeat(tools: Tools, lease: Lease, task: Task, twin: Catalog) -> None:
    """The same bytes under the same settings: nothing can have changed."""
    async with tools.database.transaction() as tx:
        await lease.confirm(tx.session)
        catalog = await tx.session.get_one(Catalog, task.catalog_id)
        earlier = twin.counts
        valid = earlier["created"] + earlier["changed"] + earlier["unchanged"]
        catalog.counts = earlier | {
            "created": 0,
            "changed": 0,
            "unchanged": valid,
            "disappeared": 0,
        }
        catalog.state, catalog.phase = "ready", None
        catalog.same_as = twin.same_as or twin.id
        for name in ("found", "columns", "source_categories", "problem_counts"):
            setattr(catalog, name, getattr(twin, name))
        catalog.config_version = task.config_version
        catalog.finished_at = utc_now()
        store = await tx.session.get_one(Store, task.store_id)
        store.current_catalog_id = catalog.id


async def _reject(
    tools: Tools, lease: Lease, task: Task, error: CatalogRejectedError
) -> None:
    """The catalog is not used; the offers stay as they were."""
    log.info("catalog.rejected", code=error.code)
    columns = list(error.columns)
    async with tools.database.transaction() as tx:
        await lease.confirm(tx.session)
        catalog = await tx.session.get_one(Catalog, task.catalog_id)
        catalog.state, catalog.phase = "rejected", None
        catalog.reason_code, catalog.reason = error.code, error.message
        catalog.accepted = error.accepted
        catalog.config_version = task.config_version
        catalog.finished_at = utc_now()
        if columns:
            catalog.columns = columns
            store = await tx.session.get_one(Store, task.store_id)
            store.catalog_columns = columns


async def give_up(tools: Tools, lease: Lease, _error: str) -> None:
    """An import that failed again and again: the catalog says so."""
    async with tools.database.transaction() as tx:
        await tx.session.execute(
            text(
                "UPDATE catalog SET state = 'rejected', phase = NULL, "
                "reason_code = 'internal_error', finished_at = now(), "
                "reason = 'The import failed again and again; the log says why.' "
                "WHERE store_id = :id AND state = 'importing'"
            ),
            {"id": lease.subject_id},
        )
