"""`/v1/stores/{id}/catalogs`, `/v1/catalogs`, `/v1/stores/{id}/offers`."""

import csv
import io
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from app.access.doorway import (
    BriefWriter,
    CurrentDatabase,
    CurrentSettings,
    CurrentStorage,
    Reader,
)
from app.backmarket.markets import market_of
from app.catalogs import queries, service
from app.catalogs.schemas import (
    CatalogOut,
    EncodingGiven,
    OfferOut,
    OfferState,
    QuoteGiven,
    RowProblemOut,
    SeparatorGiven,
    catalog_out,
    offer_out,
    problem_out,
)
from app.catalogs.service import Given, Intake
from app.catalogs.uploads import MEDIA_TYPES
from app.database import Tx
from app.errors import problem_responses
from app.pagination import Cursor, Limit, Page, decode_cursor, decode_uuid, page_of
from app.stores import service as stores
from app.stores.doorway import StoreToRead

router = APIRouter(prefix="/v1", tags=["catalogs"])

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


@router.post(
    "/stores/{store_id}/catalogs",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Upload a catalog",
    responses=problem_responses(400, 413, 415, 507),
    openapi_extra=UPLOAD_BODY,
)
async def upload_catalog(
    store_id: UUID,
    request: Request,
    response: Response,
    caller: BriefWriter,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
    separator: SeparatorGiven = None,
    quote: QuoteGiven = None,
    encoding: EncodingGiven = None,
) -> CatalogOut:
    """CSV, TSV, NDJSON or a JSON array, each also gzipped, of any size.

    The body is streamed to storage and read by a worker: poll the `Location`.
    """
    async with database.transaction() as tx:
        await stores.visible(tx.session, caller, store_id)
    intake = Intake(settings, database, storage)
    catalog = await service.receive(
        intake, request, store_id, Given(separator, quote, encoding)
    )
    response.headers["Location"] = f"/v1/catalogs/{catalog.id}"
    response.headers["Retry-After"] = "2"
    return catalog_out(catalog)


@router.get("/stores/{store_id}/catalogs", summary="List catalogs, newest first")
async def list_catalogs(
    store: StoreToRead, tx: Tx, cursor: Cursor = None, limit: Limit = 100
) -> Page[CatalogOut]:
    rows = await queries.listed(tx.session, store.id, decode_uuid(cursor), limit)
    return page_of(rows, limit, catalog_out, lambda row: (row.id,))


@router.get("/catalogs/{catalog_id}", summary="Read a catalog")
async def read_catalog(
    catalog_id: UUID, tx: Tx, caller: Reader, response: Response
) -> CatalogOut:
    """State, counts, problems by code; poll while it is `received` or `importing`."""
    catalog = await queries.visible(tx.session, caller, catalog_id)
    if catalog.state in {"received", "importing"}:
        response.headers["Retry-After"] = "2"
    return catalog_out(catalog)


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get(
    "/catalogs/{catalog_id}/rows",
    summary="What is wrong with which row",
    response_model=Page[RowProblemOut],
    responses=CSV_ANSWER,
)
async def list_rows(
    catalog_id: UUID,
    tx: Tx,
    caller: Reader,
    problem: Annotated[
        str | None, Query(max_length=50, description="only this code")
    ] = None,
    output: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RowProblemOut] | Response:
    """In file order. As CSV the link to the next page is in the header `Link`."""
    catalog = await queries.visible(tx.session, caller, catalog_id)
    store = await stores.visible(tx.session, caller, catalog.store_id)
    currency = market_of(store.country).currency
    rows = await queries.problems(
        tx.session, catalog, problem, decode_cursor(cursor, 3), limit
    )
    more = {"format": "csv", "limit": str(limit), "problem": problem}
    page = page_of(
        rows,
        limit,
        lambda row: problem_out(row, currency),
        lambda row: (row.line, row.field, row.code),
    )
    return _as_csv(page, catalog_id, more) if output == "csv" else page


def _as_csv(
    page: Page[RowProblemOut], catalog_id: UUID, query: dict[str, str | None]
) -> Response:
    """`query` is what the link to the next page repeats."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(RowProblemOut.model_fields)
    for item in page.items:
        out.writerow(_safe(value) for value in item.model_dump().values())
    headers = {"Content-Disposition": f'attachment; filename="{catalog_id}.csv"'}
    if page.next:
        given = {name: value for name, value in query.items() if value}
        more = urlencode({**given, "cursor": page.next})
        headers["Link"] = f'</v1/catalogs/{catalog_id}/rows?{more}>; rel="next"'
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


def _safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


@router.get("/stores/{store_id}/offers", summary="List offers", tags=["offers"])
async def list_offers(
    store: StoreToRead,
    tx: Tx,
    state: OfferState | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[OfferOut]:
    """What the store wants to sell beside what Back Market last accepted."""
    key = decode_cursor(cursor, 1)
    rows = await queries.offers(
        tx.session, store.id, state, key[0] if key else None, limit
    )
    currency = market_of(store.country).currency
    return page_of(
        rows, limit, lambda row: offer_out(row, currency), lambda row: (row.sku_key,)
    )


@router.get(
    "/stores/{store_id}/offers/{sku:path}", summary="Read an offer", tags=["offers"]
)
async def read_offer(store: StoreToRead, sku: str, tx: Tx) -> OfferOut:
    row = await queries.offer(tx.session, store.id, sku)
    return offer_out(row, market_of(store.country).currency)
