"""`/v1/orders` and `/v1/stores/{id}/orders/sync`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response, UploadFile, status

from app.access.dependencies import (
    BriefWriter,
    CurrentDatabase,
    CurrentStorage,
    Reader,
    Writer,
)
from app.access.service import Caller
from app.core.errors import problem_responses
from app.database import Transaction, Tx
from app.idempotency.answering import answer_in
from app.orders import queries
from app.orders.actions import invoices
from app.orders.actions import service as order_actions
from app.orders.actions.schemas import (
    AcceptIn,
    ActionIn,
    CancelIn,
    RefundIn,
    ShipIn,
    fields_of,
)
from app.orders.dependencies import (
    IfMatch,
    KnownOrderId,
    OrderToChange,
    OrderToRead,
    SeenScopes,
    etag,
)
from app.orders.enums import ENDS, Action, ActionState
from app.orders.filters import (
    AfterPosition,
    RequestedFilters,
    RequestedSort,
    cursor_key,
)
from app.orders.lists.page import OrderQuery, read_page
from app.orders.lists.totals import TotalsBy, read_totals
from app.orders.merchant_fields import OrderPatch, change_order
from app.orders.models import OrderAction, SalesOrder
from app.orders.orders_csv import orders_table
from app.orders.schemas import (
    ActionOut,
    OrderOut,
    OrderSummary,
    OrderTotals,
    SyncOut,
    action_out,
    order_out,
    summary_out,
    sync_out,
    totals_out,
)
from app.orders.sync import scheduling
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.csv_response import WantsCsv, as_csv
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import (
    Cursor,
    Limit,
    Page,
    decode_uuid,
    encode_cursor,
    page_of,
)
from app.web.responses import ACCEPTED, POLLED, VERSIONED, accepted, csv_file

router = APIRouter(prefix="/v1", tags=["orders"], route_class=RecordedRoute)
ACTING = ACCEPTED | problem_responses(409, 412)
INVOICE_EXAMPLE = {
    "requestBody": {
        "content": {"multipart/form-data": {"example": {"file": "%PDF-1.7 ..."}}}
    }
}


@router.post(
    "/stores/{store_id}/orders/sync",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Fetch orders now",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def sync_orders(store: StoreToChange, tx: Tx, response: Response) -> SyncOut:
    """Fetches for all stores of the seller account at once."""
    sync = await scheduling.request_by_api(tx, store)
    response.headers["Location"] = f"/v1/stores/{store.id}/orders/sync"
    response.headers["Retry-After"] = "2"
    return sync_out(sync)


@router.get("/stores/{store_id}/orders/sync", summary="Get the order sync")
async def get_order_sync(store: StoreToRead, tx: Tx) -> SyncOut:
    return sync_out(await scheduling.progress_of(tx.session, store))


@router.get(
    "/orders",
    summary="List orders",
    response_model=Page[OrderSummary],
    responses=csv_file(),
)
async def list_orders(
    tx: Tx,
    database: CurrentDatabase,
    seen: SeenScopes,
    filters: RequestedFilters,
    sort: RequestedSort,
    after: AfterPosition,
    wants_csv: WantsCsv,
    limit: Limit = 100,
) -> Response:
    """Newest first, unless `sort` says otherwise. New orders do not shift pages.

    A page may have fewer items than `limit`, or none, and a `next`: it reads a limited
    number of orders, and few of them fit the filters.

    As CSV (`format=csv` or `Accept: text/csv`): all orders, one line per order line.
    """
    query = OrderQuery(
        queries.scopes_of(seen.selected, filters.countries), filters, sort
    )
    if wants_csv:
        return as_csv(orders_table(database, query), "orders.csv", {"Vary": "Accept"})
    read = await read_page(tx.session, query, after, limit)
    lines = await queries.lines_by_order(tx.session, [o.id for o in read.orders])
    page = Page[OrderSummary](
        items=[
            summary_out(o, lines[o.id], queries.stores_of(o, seen.every))
            for o in read.orders
        ],
        next=encode_cursor(*cursor_key(sort, read.next)) if read.next else None,
    )
    # Already validated: a returned model would be validated again.
    return Response(page.model_dump_json(), media_type="application/json")


@router.get("/orders/totals", summary="Add up orders")
async def get_order_totals(
    tx: Tx, seen: SeenScopes, filters: RequestedFilters, by: TotalsBy = TotalsBy.COUNTRY
) -> OrderTotals:
    """Takes the filters of the list. Money is added per currency."""
    query = OrderQuery(queries.scopes_of(seen.selected, filters.countries), filters)
    return totals_out(by, await read_totals(tx.session, query, by))


@router.get(
    "/orders/{order_id}",
    summary="Get an order with its allowed actions",
    responses=VERSIONED | problem_responses(409),
)
async def get_order(
    order_id: KnownOrderId, tx: Tx, caller: Reader, response: Response
) -> OrderOut:
    """`order_id` is our id or Back Market's number, if only one account has it.

    `allowed_actions` names each action with its fields and accepted values.
    """
    order, seen_by = await queries.get_order(tx.session, caller, order_id)
    response.headers["ETag"] = etag(order)
    return order_out(
        order,
        await order_actions.lines_of(tx.session, order.id),
        seen_by,
        await order_actions.open_actions(tx.session, order.id),
    )


@router.patch(
    "/orders/{order_id}",
    summary="Set your numbers, tags and note of an order",
    responses=VERSIONED | problem_responses(412),
)
async def update_order(
    body: OrderPatch, order: OrderToChange, tx: Tx, caller: Writer, response: Response
) -> OrderOut:
    """None of it is sent to Back Market; fetching the order keeps it."""
    await change_order(tx.session, caller, order, body)
    response.headers["ETag"] = etag(order)
    return order_out(
        order,
        await order_actions.lines_of(tx.session, order.id),
        queries.stores_of(order, await queries.views(tx.session, caller)),
        await order_actions.open_actions(tx.session, order.id),
    )


@router.post(
    "/orders/{order_id}/accept",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Accept lines",
    responses=ACTING,
)
async def accept_order(
    order: OrderToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
    body: Annotated[AcceptIn, Body(default_factory=AcceptIn)],
) -> ActionOut:
    """The seller will deliver these lines."""
    return await _act(tx, caller, response, order, Action.ACCEPT, body)


@router.post(
    "/orders/{order_id}/cancel",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Cancel lines that are not accepted yet",
    responses=ACTING,
)
async def cancel_order(
    order: OrderToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
    body: Annotated[CancelIn, Body(default_factory=CancelIn)],
) -> ActionOut:
    """The buyer gets the money back. Back Market counts this against the seller."""
    return await _act(tx, caller, response, order, Action.CANCEL, body)


@router.post(
    "/orders/{order_id}/ship",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Say that the parcel has left",
    responses=ACTING,
)
async def ship_order(
    body: ShipIn,
    order: OrderToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
) -> ActionOut:
    """One parcel with every accepted line of the order."""
    return await _act(tx, caller, response, order, Action.SHIP, body)


@router.post(
    "/orders/{order_id}/refund",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Refund lines in full",
    responses=ACTING,
)
async def refund_order(
    order: OrderToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
    body: Annotated[RefundIn, Body(default_factory=RefundIn)],
) -> ActionOut:
    """Before shipping, or after it with a reason."""
    return await _act(tx, caller, response, order, Action.REFUND, body)


async def _act(
    tx: Transaction,
    caller: Caller,
    response: Response,
    order: SalesOrder,
    action: Action,
    body: ActionIn,
) -> ActionOut:
    asked = await order_actions.request_action(
        tx, caller, order, action, body.lines, fields_of(body)
    )
    response.headers["Location"] = _path_of(asked)
    response.headers["Retry-After"] = "2"
    submissions = await queries.submissions_of(tx.session, [asked.id])
    return action_out(asked, submissions[asked.id])


@router.post(
    "/orders/{order_id}/invoice",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Upload an invoice",
    response_model=ActionOut,
    responses=ACTING | problem_responses(400, 413, 415, 507),
    openapi_extra=INVOICE_EXAMPLE,
)
async def upload_invoice(
    order_id: UUID,
    caller: BriefWriter,
    database: CurrentDatabase,
    storage: CurrentStorage,
    request: Request,
    file: UploadFile,
    if_match: IfMatch = None,
) -> Response:
    """A PDF of at most 3 MB, as multipart part `file`."""
    invoice = invoices.InvoiceRequest(caller, order_id, if_match)
    pdf = await file.read(invoices.LARGEST + 1)

    async def answer(tx: Transaction, action: OrderAction) -> Response:
        response = accepted(action_out(action, []), _path_of(action))
        return await answer_in(tx, request, response)

    return await invoices.request_invoice(database, storage, invoice, pdf, answer)


def _path_of(action: OrderAction) -> str:
    return f"/v1/orders/{action.order_id}/actions/{action.id}"


@router.get("/orders/{order_id}/actions", summary="List actions on an order")
async def list_order_actions(
    order: OrderToRead, tx: Tx, cursor: Cursor = None, limit: Limit = 100
) -> Page[ActionOut]:
    """Newest first."""
    before = decode_uuid(cursor)
    rows = await queries.actions(tx.session, order.id, before, limit)
    submissions = await queries.submissions_of(tx.session, [row.id for row in rows])
    return page_of(
        rows,
        limit,
        lambda row: action_out(row, submissions[row.id]),
        lambda row: (row.id,),
    )


@router.get(
    "/orders/{order_id}/actions/{action_id}",
    summary="Get an order action",
    responses=POLLED,
)
async def get_order_action(
    action_id: UUID, order: OrderToRead, tx: Tx, response: Response
) -> ActionOut:
    action = await queries.action(tx.session, order.id, action_id)
    submissions = await queries.submissions_of(tx.session, [action.id])
    if ActionState(action.state) not in ENDS:
        response.headers["Retry-After"] = "2"
    return action_out(action, submissions[action.id])
