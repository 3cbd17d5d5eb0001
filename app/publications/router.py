"""`/v1/stores/{id}/publications` and `/v1/publications`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.doorway import Reader
from app.database import Tx
from app.errors import problem_responses
from app.pagination import Cursor, Limit, Page, decode_int, decode_uuid, page_of
from app.publications import queries
from app.publications.lifecycle import OVER
from app.publications.models import Publication
from app.publications.requests import request_by_api
from app.publications.schemas import (
    CallOut,
    ChangeOut,
    ErrorGroup,
    PublicationIn,
    PublicationOut,
    change_out,
    publication_out,
)
from app.publications.words import Outcome, Reason, State
from app.stores.doorway import StoreToChange

router = APIRouter(prefix="/v1", tags=["publications"])


@router.post(
    "/stores/{store_id}/publications",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Publish what differs, now",
    responses=problem_responses(409),
)
async def publish(
    body: PublicationIn, store: StoreToChange, tx: Tx, response: Response
) -> PublicationOut:
    """Answers with the run that will do it; one that waits to start is that run."""
    publication = await request_by_api(tx, store, body.kind)
    response.headers["Location"] = f"/v1/publications/{publication.id}"
    response.headers["Retry-After"] = "2"
    return publication_out(publication)


@router.get("/publications", summary="List publications, newest first")
async def list_publications(
    tx: Tx,
    caller: Reader,
    store_id: UUID | None = None,
    state: State | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PublicationOut]:
    rows = await queries.listed(
        tx.session, caller, store_id, state, decode_uuid(cursor), limit
    )
    return page_of(rows, limit, publication_out, lambda row: (row.id,))


@router.get("/publications/{publication_id}", summary="Read a publication")
async def read_publication(
    publication_id: UUID, tx: Tx, caller: Reader, response: Response
) -> PublicationOut:
    """Counts are live while the run is under way."""
    publication = await queries.visible(tx.session, caller, publication_id)
    live = None
    if State(publication.state) not in OVER:
        live = await queries.live_counts(tx.session, publication_id)
        response.headers["Retry-After"] = "2"
    return publication_out(publication, live)


@router.get("/publications/{publication_id}/changes", summary="List the changes")
async def list_changes(
    publication_id: UUID,
    tx: Tx,
    caller: Reader,
    outcome: Outcome | None = None,
    reason: Reason | None = None,
    sku: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ChangeOut]:
    """In the order of sending; each with reason, before -> after, and outcome."""
    await queries.visible(tx.session, caller, publication_id)
    filters = {"outcome": outcome, "reason": reason, "sku": sku}
    rows = await queries.changes(
        tx.session,
        publication_id,
        {name: str(value) for name, value in filters.items() if value},
        decode_int(cursor),
        limit,
    )
    return page_of(rows, limit, change_out, lambda row: (row.seq,))


@router.get(
    "/publications/{publication_id}/errors",
    summary="What was not accepted, grouped by cause",
)
async def list_errors(publication_id: UUID, tx: Tx, caller: Reader) -> Page[ErrorGroup]:
    """The largest group first."""
    await queries.visible(tx.session, caller, publication_id)
    return Page(items=await queries.errors_by_cause(tx.session, publication_id))


@router.get(
    "/publications/{publication_id}/calls",
    summary="The calls to Back Market that carried the changes",
)
async def list_calls(publication_id: UUID, tx: Tx, caller: Reader) -> Page[CallOut]:
    """Which door, how many lines, which task."""
    publication: Publication = await queries.visible(tx.session, caller, publication_id)
    rows = await queries.calls(tx.session, publication.id)
    return Page(items=[CallOut.model_validate(row.model_dump()) for row in rows])
