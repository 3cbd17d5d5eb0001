"""The part of an import that runs in a parser process: the engine and its result."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.catalogs.engine.config import ImportConfig, ImportCounts, ImportResult
from app.catalogs.engine.pipeline.run import import_catalog
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.imports.outcome_events import ready_event
from app.core.copy_connection import CopyConnection
from app.core.sql import load_sql
from app.events.import_sql import record_event
from app.jobs.fence import FENCE, LeaseLostError
from app.offers.import_sql import RESTATE
from app.stores import catalog_facts

BEFORE_COMMIT = "before_commit"
_SQL = {
    name: statement.encode()
    for name, statement in load_sql(__package__, "job.sql").items()
}


@dataclass(frozen=True, slots=True)
class ImportWork:
    """One catalog to import for a claimed job; `workdir` is a folder of its own."""

    connection: CopyConnection
    job_id: UUID
    job_token: UUID
    catalog_id: UUID
    store_id: UUID
    source: SourceFile
    config: ImportConfig
    config_version: int
    as_of: datetime
    is_partial: bool
    sets_columns: bool
    workdir: Path


def import_file(report: Callable[[str], None], work: ImportWork) -> ImportCounts:
    """Run the engine; its last transaction is fenced by the lease of the job.

    `report` gets each phase before it begins, and BEFORE_COMMIT. Raises
    CatalogRejectedError, LeaseLostError.
    """

    def finish(connection: "psycopg.Connection[Any]", result: ImportResult) -> None:
        _record(connection, work, result)
        report(BEFORE_COMMIT)

    def note(phase: str) -> None:
        report(phase)
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            connection.execute(_SQL["set_phase"], [phase, work.catalog_id])

    with work.connection.connect() as connection:
        connection.autocommit = True
        return import_catalog(
            connection,
            work.source,
            work.config,
            work.store_id,
            work.catalog_id,
            work.workdir,
            on_phase=note,
            finish=finish,
            as_of=work.as_of,
        ).counts


def _record(
    connection: "psycopg.Connection[Any]", work: ImportWork, result: ImportResult
) -> None:
    """Write the result in the transaction of the offers, if the lease is still held."""
    held = connection.execute(FENCE, [work.job_id, work.job_token]).fetchone()
    if not held:
        raise LeaseLostError
    # Lock the store before its catalog, in the same order as changes of settings.
    connection.execute(catalog_facts.LOCK, [work.store_id])
    ready = connection.execute(_SQL["set_ready"], _ready(work, result)).fetchone()
    _record_facts(connection, work, result)
    if not work.is_partial:
        connection.execute(RESTATE, [work.store_id, None])
    if ready and ready[0] == "ready":
        counts = asdict(result.counts)
        event = ready_event(work.store_id, work.catalog_id, counts)
        record_event(connection, event)


def _ready(work: ImportWork, result: ImportResult) -> dict[str, object]:
    """The parameters of `set_ready`."""
    return {
        "catalog": work.catalog_id,
        "counts": Jsonb(asdict(result.counts)),
        "detected": Jsonb(asdict(result.detected)),
        "columns": Jsonb(list(result.columns)),
        "source_categories": Jsonb(result.source_categories),
        "problem_counts": Jsonb(result.problem_counts),
        "excluded_by": Jsonb(result.excluded_by),
        "empty_fields": Jsonb(list(result.empty)),
        "config_version": work.config_version,
    }


def _record_facts(
    connection: "psycopg.Connection[Any]", work: ImportWork, result: ImportResult
) -> None:
    """Store columns and categories; those of a partial one only where none are known.

    A full catalog becomes the current one and supersedes older waiting ones.
    """
    columns = Jsonb(list(result.columns)) if work.sets_columns else None
    facts = [columns, Jsonb(result.source_categories), work.store_id]
    if work.is_partial:
        connection.execute(catalog_facts.SET_FIRST, facts)
        return
    connection.execute(catalog_facts.SET_CURRENT, [work.catalog_id, *facts])
    connection.execute(_SQL["import_partial_again"], [work.store_id, work.catalog_id])
    connection.execute(_SQL["supersede"], [work.catalog_id])
