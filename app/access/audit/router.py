"""`/v1/audit`: lists the audit log, as JSON or CSV."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from app.access.audit import service as audit
from app.access.audit.models import AuditEntry
from app.access.audit.schemas import COLUMNS, AuditEntryOut, entry_lines, entry_out
from app.access.audit.service import AuditAction, AuditFilters
from app.access.dependencies import CurrentDatabase, Reader
from app.access.service import Caller
from app.database import Database, Tx
from app.web.csv_response import ROWS_AT_A_TIME, CsvTable, WantsCsv, as_csv
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import csv_file
from app.web.schemas import AnyTime

router = APIRouter(prefix="/v1/audit", tags=["access"])
"""Sorted by id: a UUID version 7, and so by time."""


def filters_of(
    actor_id: Annotated[UUID | None, Query(description="of the API key")] = None,
    actor: Annotated[
        str | None,
        Query(max_length=100, description="name of the API key, or `admin key`"),
    ] = None,
    action: AuditAction | None = None,
    subject_id: Annotated[
        str | None, Query(max_length=100, description="id of what was changed")
    ] = None,
    store_id: UUID | None = None,
    at_from: Annotated[
        AnyTime | None, Query(description="RFC 3339; UTC without an offset")
    ] = None,
    at_to: Annotated[datetime | None, Query(description="exclusive; RFC 3339")] = None,
) -> AuditFilters:
    return AuditFilters(
        actor_id, actor, action, subject_id, store_id, _utc(at_from), _utc(at_to)
    )


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given and not given.tzinfo else given


@router.get(
    "",
    summary="List the audit log, newest first",
    response_model=Page[AuditEntryOut],
    responses=csv_file(),
)
async def list_audit_entries(
    tx: Tx,
    caller: Reader,
    database: CurrentDatabase,
    filters: Annotated[AuditFilters, Depends(filters_of)],
    wants_csv: WantsCsv,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AuditEntryOut] | Response:
    """Who changed settings, mappings, keys and tokens, approved or acted on orders.

    A key of some stores sees their entries, and its own. As CSV: all entries, a line
    per difference.
    """
    if wants_csv:
        return as_csv(_table(database, caller, filters), "audit.csv")
    rows = await audit.list_entries(
        tx.session, caller, filters, decode_uuid(cursor), limit + 1
    )
    return page_of(rows, limit, entry_out, lambda row: (row.id,))


def _table(
    database: Database, caller: Caller, filters: AuditFilters
) -> CsvTable[AuditEntry, UUID]:
    async def rows_before(key: UUID | None) -> Sequence[AuditEntry]:
        async with database.transaction() as tx:
            return await audit.list_entries(
                tx.session, caller, filters, key, ROWS_AT_A_TIME
            )

    return CsvTable(COLUMNS, rows_before, lambda row: row.id, entry_lines)
