"""`/v1/stores/{id}/catalogs` and `/v1/catalogs`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.access.dependencies import (
    BriefReader,
    BriefWriter,
    CurrentDatabase,
    CurrentSettings,
    CurrentStorage,
    Reader,
    StreamReader,
)
from app.backmarket.markets import market_of
from app.catalogs import queries, service
from app.catalogs.events import UNDER_WAY, WatchedCatalog
from app.catalogs.imports.next_import import source_of
from app.catalogs.quick_updates import submitted_at
from app.catalogs.reports import rejected_csv
from app.catalogs.reports.rows_csv import rows_table
from app.catalogs.schemas import (
    AsOfGiven,
    AsOfHeader,
    CatalogOut,
    EncodingGiven,
    HeaderRowGiven,
    ModeGiven,
    QuoteCharGiven,
    RowProblemOut,
    SeparatorGiven,
    SheetGiven,
    catalog_out,
    problem_out,
)
from app.catalogs.service import Intake, UploadOptions
from app.catalogs.uploads.body import MEDIA_TYPES, declared_size
from app.catalogs.uploads.quota import reserve
from app.core.errors import problem_responses
from app.database import Tx
from app.idempotency.answering import answer_in
from app.stores import service as stores
from app.stores.dependencies import StoreToRead
from app.web.csv_response import WantsCsv, as_csv
from app.web.etags import IfNoneMatch, unless_changed, weak_etag
from app.web.event_stream import EVENTS, CurrentStreams, LastEventId, watch
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_cursor, decode_uuid, page_of
from app.web.responses import ACCEPTED, CONDITIONAL, accepted, csv_file

router = APIRouter(prefix="/v1", tags=["catalogs"], route_class=RecordedRoute)

_BODY = {"schema": {"type": "string", "format": "binary"}}
EXAMPLE = (
    "sku;ean;price;quantity;grade;category\n"
    "IP12-64-A;0194252029206;1.299,00 EUR;5;GOOD;Phones\n"
)
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            **dict.fromkeys(MEDIA_TYPES, _BODY),
            "text/csv": {"schema": _BODY["schema"], "example": EXAMPLE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


def upload_options(
    separator: SeparatorGiven = None,
    quote_char: QuoteCharGiven = None,
    encoding: EncodingGiven = None,
    sheet: SheetGiven = None,
    header_row: HeaderRowGiven = None,
    as_of: AsOfGiven = None,
    as_of_header: AsOfHeader = None,
) -> UploadOptions:
    """Raises InvalidError for a time in the future."""
    stated = as_of or as_of_header
    since = submitted_at(stated) if stated else None
    return UploadOptions(separator, quote_char, encoding, since, sheet, header_row)


RequestedOptions = Annotated[UploadOptions, Depends(upload_options)]


@router.post(
    "/stores/{store_id}/catalogs",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Upload a catalog",
    response_model=CatalogOut,
    responses=ACCEPTED | problem_responses(400, 413, 415, 507),
    openapi_extra=UPLOAD_BODY,
)
async def upload_catalog(
    store_id: UUID,
    request: Request,
    caller: BriefWriter,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
    options: RequestedOptions,
    mode: ModeGiven = "full",
) -> Response:
    """CSV, TSV, NDJSON, JSON, XML, Parquet or a workbook, also gzipped or zipped.

    A quick update that is newer than `as_of` overrides the catalog's values.
    The body is streamed to storage and imported by a worker: poll the `Location`. Of
    several full uploads that wait, the newest usable one is imported, and supersedes
    the older ones.
    """
    async with database.transaction() as tx:
        await stores.load_store(tx.session, caller, store_id)
        size = declared_size(request, settings.max_upload_bytes)
        reservation = await reserve(tx.session, settings, store_id, size)
    intake = Intake(settings, database, storage)
    return await service.receive(
        intake,
        request,
        reservation,
        options,
        mode,
        lambda tx, catalog: answer_in(
            tx,
            request,
            accepted(catalog_out(catalog), f"/v1/catalogs/{catalog.id}"),
        ),
    )


@router.get("/stores/{store_id}/catalogs", summary="List catalogs, newest first")
async def list_catalogs(
    store: StoreToRead, tx: Tx, cursor: Cursor = None, limit: Limit = 100
) -> Page[CatalogOut]:
    rows = await queries.list_catalogs(tx.session, store.id, decode_uuid(cursor), limit)
    return page_of(rows, limit, catalog_out, lambda row: (row.id,))


@router.get(
    "/catalogs/{catalog_id}",
    summary="Read a catalog",
    response_model=CatalogOut,
    responses=CONDITIONAL,
)
async def get_catalog(
    catalog_id: UUID,
    tx: Tx,
    caller: Reader,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> CatalogOut | Response:
    """State, counts and problems by code; poll while `received` or `importing`."""
    catalog = await queries.get_catalog(tx.session, caller, catalog_id)
    pause = "2" if catalog.state in UNDER_WAY else None
    etag = weak_etag(catalog.progress)
    known = unless_changed(response, etag, if_none_match, pause)
    return known or catalog_out(catalog)


@router.get(
    "/catalogs/{catalog_id}/events",
    summary="Watch a catalog",
    response_class=Response,
    responses=EVENTS,
)
async def watch_catalog(
    catalog_id: UUID,
    caller: StreamReader,
    database: CurrentDatabase,
    streams: CurrentStreams,
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events: `progress` with state, phase and counts, finally one `end`.

    Any API process can resume from an event's id: send it as `Last-Event-ID`.
    """
    async with database.transaction() as tx:
        await queries.get_catalog(tx.session, caller, catalog_id)
    watched = WatchedCatalog(database, catalog_id)
    return await watch(streams, caller.key_id, watched, last_event_id)


@router.get(
    "/catalogs/{catalog_id}/rows",
    summary="List row problems",
    response_model=Page[RowProblemOut],
    responses=csv_file(),
)
async def list_catalog_rows(
    catalog_id: UUID,
    tx: Tx,
    caller: Reader,
    database: CurrentDatabase,
    wants_csv: WantsCsv,
    problem: Annotated[
        str | None, Query(max_length=50, description="only this code")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RowProblemOut] | Response:
    """In file order. CSV (`format=csv` or `Accept: text/csv`) has no pages."""
    catalog = await queries.get_catalog(tx.session, caller, catalog_id)
    store = await stores.load_store(tx.session, caller, catalog.store_id)
    currency = market_of(store.country).currency
    if wants_csv:
        table = rows_table(database, catalog, problem, currency)
        return as_csv(table, f"rows-{catalog_id}.csv")
    rows = await queries.problems(
        tx.session, catalog, problem, decode_cursor(cursor, 3), limit
    )
    return page_of(
        rows,
        limit,
        lambda row: problem_out(row, currency),
        lambda row: (row.line, row.field, row.code),
    )


@router.get(
    "/catalogs/{catalog_id}/rejected.csv",
    summary="Download rejected rows",
    response_class=Response,
    responses=csv_file(),
)
async def download_rejected_catalog_rows(
    catalog_id: UUID,
    caller: BriefReader,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
) -> Response:
    """The merchant's columns, and `refeed_code`, `refeed_message`, `refeed_hint`.

    Correct the rows and upload the file with `mode=partial`: the import ignores the
    three added columns. Formulas are escaped. At most 100,000 rows.
    """
    async with database.transaction() as tx:
        catalog = await queries.get_catalog(tx.session, caller, catalog_id)
        store = await stores.load_store(tx.session, caller, catalog.store_id)
        problems = await rejected_csv.problems_of(tx.session, catalog)
    source = source_of(settings, storage, catalog) if catalog.storage_key else None
    currency = market_of(store.country).currency
    name = f"rejected-{catalog_id}.csv"
    return await rejected_csv.of_catalog(settings, source, problems, currency, name)
