"""`/v1/stores/{id}/publications` and `/v1/publications`."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import (
    BriefReader,
    CurrentDatabase,
    CurrentSettings,
    CurrentStorage,
    Reader,
    StreamReader,
    Writer,
)
from app.catalogs.imports.current_catalogs import catalogs_of
from app.catalogs.imports.next_import import source_of
from app.catalogs.reports import rejected_csv
from app.core.errors import problem_responses
from app.database import Tx
from app.offers import refusals
from app.publications.enums import PublicationState
from app.publications.lifecycle import OVER
from app.publications.models import Publication
from app.publications.reports import queries
from app.publications.reports.changes_csv import changes_table
from app.publications.reports.dependencies import ChangeFilters
from app.publications.reports.events import WatchedPublication
from app.publications.reports.rejected_csv import notes_of, rejected_changes
from app.publications.scheduling import request_by_api
from app.publications.schemas import (
    ChangeOut,
    ErrorGroup,
    OfferErrorGroup,
    PublicationIn,
    PublicationOut,
    ReleaseIn,
    ReleaseOut,
    SubmissionOut,
    change_out,
    publication_out,
)
from app.stores import configuration
from app.stores import service as stores
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.csv_response import WantsCsv, as_csv
from app.web.etags import IfNoneMatch, tagged, unless_changed, weak_etag
from app.web.event_stream import EVENTS, CurrentStreams, LastEventId, watch
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_int, decode_uuid, page_of
from app.web.responses import ACCEPTED, CONDITIONAL, NOT_MODIFIED, csv_file

router = APIRouter(prefix="/v1", tags=["publications"], route_class=RecordedRoute)


@router.post(
    "/stores/{store_id}/publications",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Publish the differences now",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def create_publication(
    body: PublicationIn, store: StoreToChange, tx: Tx, response: Response
) -> PublicationOut:
    """Returns a new run, or the requested run that has not started yet."""
    publication = await request_by_api(tx, store, body.kind, body.plan_id)
    response.headers["Location"] = f"/v1/publications/{publication.id}"
    response.headers["Retry-After"] = "2"
    return publication_out(publication)


@router.get("/publications", summary="List publications, newest first")
async def list_publications(
    tx: Tx,
    caller: Reader,
    store_id: UUID | None = None,
    state: PublicationState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PublicationOut]:
    rows = await queries.list_publications(
        tx.session, caller, store_id, state, decode_uuid(cursor), limit
    )
    return page_of(rows, limit, publication_out, lambda row: (row.id,))


@router.get(
    "/publications/{publication_id}",
    summary="Read a publication",
    response_model=PublicationOut,
    responses=CONDITIONAL,
)
async def get_publication(
    publication_id: UUID,
    tx: Tx,
    caller: Reader,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> PublicationOut | Response:
    """Counts are live while the run is active; poll with `If-None-Match`."""
    publication = await queries.get_publication(tx.session, caller, publication_id)
    pause = None if PublicationState(publication.state) in OVER else "2"
    etag = weak_etag(publication.progress)
    if known := unless_changed(response, etag, if_none_match, pause):
        return known
    live = await queries.live_counts(tx.session, publication_id) if pause else None
    return publication_out(publication, live)


@router.get(
    "/publications/{publication_id}/events",
    summary="Watch a publication",
    response_class=Response,
    responses=EVENTS,
)
async def watch_publication(
    publication_id: UUID,
    caller: StreamReader,
    database: CurrentDatabase,
    streams: CurrentStreams,
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events: `progress` with the publication, then one `end`.

    To resume, send the id of the last event as `Last-Event-ID`.
    """
    async with database.transaction() as tx:
        await queries.get_publication(tx.session, caller, publication_id)
    watched = WatchedPublication(database, caller, publication_id)
    return await watch(streams, caller.key_id, watched, last_event_id)


@router.get(
    "/publications/{publication_id}/changes",
    summary="List the changes",
    response_model=Page[ChangeOut],
    responses=csv_file("ETag") | NOT_MODIFIED,
)
async def list_publication_changes(
    publication_id: UUID,
    tx: Tx,
    caller: Reader,
    database: CurrentDatabase,
    response: Response,
    wants_csv: WantsCsv,
    filters: ChangeFilters,
    cursor: Cursor = None,
    limit: Limit = 100,
    if_none_match: IfNoneMatch = None,
) -> Page[ChangeOut] | Response:
    """In the order of sending, with reason, before -> after, and outcome.

    As CSV (`format=csv` or `Accept: text/csv`): all changes, one line per changed
    field.
    """
    publication = await queries.get_publication(tx.session, caller, publication_id)
    etag = weak_etag(publication.progress, "csv" if wants_csv else "")
    if known := unless_changed(response, etag, if_none_match):
        return known
    if wants_csv:
        table = changes_table(database, publication_id, filters)
        return as_csv(table, f"changes-{publication_id}.csv", tagged(etag))
    rows = await queries.changes(
        tx.session, publication_id, filters, decode_int(cursor), limit
    )
    return page_of(rows, limit, change_out, lambda row: (row.seq,))


@router.get(
    "/publications/{publication_id}/errors",
    summary="List changes that were not accepted, by cause",
)
async def list_publication_errors(
    publication_id: UUID, tx: Tx, caller: Reader
) -> Page[ErrorGroup]:
    """The largest group first."""
    await queries.get_publication(tx.session, caller, publication_id)
    return Page(items=await queries.errors_by_cause(tx.session, publication_id))


@router.get(
    "/publications/{publication_id}/rejected.csv",
    summary="Download the catalog rows to correct",
    response_class=Response,
    responses=csv_file(),
)
async def download_rejected_publication_rows(
    publication_id: UUID,
    caller: BriefReader,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
) -> Response:
    """Rows of the current catalogs whose offers this run could not publish.

    The original columns, and `refeed_code`, `refeed_message`, `refeed_hint`.
    Correct the rows and upload the file with `mode=partial`.
    """
    async with database.transaction() as tx:
        publication = await queries.get_publication(tx.session, caller, publication_id)
        store = await stores.load_store(tx.session, caller, publication.store_id)
        rows = await rejected_changes(tx.session, publication_id, store.id)
        catalogs = await catalogs_of(tx.session, store)
    sources = [source_of(settings, storage, c) for c in catalogs if c.storage_key]
    mapping = configuration.mapping_of(store)
    name = f"rejected-{publication_id}.csv"
    return await rejected_csv.of_skus(settings, sources, mapping, notes_of(rows), name)


@router.get(
    "/publications/{publication_id}/submissions",
    summary="List the submissions",
)
async def list_publication_submissions(
    publication_id: UUID, tx: Tx, caller: Reader
) -> Page[SubmissionOut]:
    """Each request to Back Market with its method, lines and task."""
    publication: Publication = await queries.get_publication(
        tx.session, caller, publication_id
    )
    rows = await queries.submissions(tx.session, publication.id)
    return Page(items=[SubmissionOut.model_validate(row.model_dump()) for row in rows])


@router.get("/stores/{store_id}/errors", summary="List offers in error, by cause")
async def list_store_errors(store: StoreToRead, tx: Tx) -> Page[OfferErrorGroup]:
    """Current refusals with a hint for each cause; largest group first."""
    return Page(items=await queries.store_errors(tx.session, store.id))


@router.post(
    "/stores/{store_id}/quarantine/release", summary="Send quarantined offers again"
)
async def release_quarantine(
    store_id: UUID, body: ReleaseIn, tx: Tx, caller: Writer
) -> ReleaseOut:
    """By `skus`, by the `code` of the refusal, or `all`. The next run sends them."""
    # Not locked: imports hold the offers first, then the store.
    store = await stores.load_store(tx.session, caller, store_id)
    released = await refusals.release_quarantine(
        tx.session, store.id, body.skus, body.code
    )
    await audit.record(
        tx.session,
        caller,
        AuditAction.STORE_QUARANTINE_RELEASED,
        Subject(store.id, store.id, store.account_id),
        after=body.model_dump(mode="json") | {"released": released},
    )
    return ReleaseOut(released=released)
