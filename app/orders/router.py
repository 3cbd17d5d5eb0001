"""`/v1/orders` and `/v1/stores/{id}/orders/sync`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response, UploadFile, status

from app.access.dependencies import BriefWriter, CurrentDatabase, CurrentStorage, Reader
from app.core.errors import problem_responses
from app.database import Transaction, Tx
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
from app.orders.dependencies import IfMatch, OrderToChange, OrderToRead, etag
from app.orders.enums import ENDS, Action, ActionState
from app.orders.filters import AfterPosition, RequestedFilters
from app.orders.models import SalesOrder
from app.orders.schemas import (
    ActionOut,
    OrderOut,
    OrderSummary,
    SyncOut,
    action_out,
    order_out,
    summary_out,
    sync_out,
)
from app.orders.sync import scheduling
from app.stores import service as stores
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import ACCEPTED, POLLED, VERSIONED

router = APIRouter(prefix="/v1", tags=["orders"])
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
    responses=ACCEPTED | problem_responses(409),
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
    summary="List orders, newest first",
    response_model=Page[OrderSummary],
)
async def list_orders(
    tx: Tx,
    caller: Reader,
    filters: RequestedFilters,
    after: AfterPosition,
    store_id: UUID | None = None,
    limit: Limit = 100,
) -> Response:
    """New orders do not shift pages: they come before the first one."""
    if store_id:
        await stores.load_store(tx.session, caller, store_id)
    every = await queries.views(tx.session, caller)
    selected = [view for view in every if store_id in {None, view.store_id}]
    orders = await queries.list_orders(tx.session, selected, filters, after, limit)
    lines = await queries.lines_by_order(tx.session, [order.id for order in orders])
    page = page_of(
        orders,
        limit,
        lambda o: summary_out(o, lines[o.id], queries.stores_of(o, every)),
        lambda o: (o.created_at.isoformat(), o.id),
    )
    # Already validated: a returned model would be validated again.
    return Response(page.model_dump_json(), media_type="application/json")


@router.get(
    "/orders/{order_id}",
    summary="Get an order with its allowed actions",
    responses=VERSIONED,
)
async def get_order(
    order_id: UUID, tx: Tx, caller: Reader, response: Response
) -> OrderOut:
    """`allowed_actions` names each action with its fields and accepted values."""
    order, seen_by = await queries.get_order(tx.session, caller, order_id)
    response.headers["ETag"] = etag(order)
    return order_out(
        order,
        await order_actions.lines_of(tx.session, order.id),
        seen_by,
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
    response: Response,
    body: Annotated[AcceptIn, Body(default_factory=AcceptIn)],
) -> ActionOut:
    """The seller will deliver these lines."""
    return await _act(tx, response, order, Action.ACCEPT, body)


@router.post(
    "/orders/{order_id}/cancel",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Cancel lines that are not accepted yet",
    responses=ACTING,
)
async def cancel_order(
    order: OrderToChange,
    tx: Tx,
    response: Response,
    body: Annotated[CancelIn, Body(default_factory=CancelIn)],
) -> ActionOut:
    """The buyer gets the money back. Back Market counts this against the seller."""
    return await _act(tx, response, order, Action.CANCEL, body)


@router.post(
    "/orders/{order_id}/ship",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Say that the parcel has left",
    responses=ACTING,
)
async def ship_order(
    body: ShipIn, order: OrderToChange, tx: Tx, response: Response
) -> ActionOut:
    """One parcel with every accepted line of the order."""
    return await _act(tx, response, order, Action.SHIP, body)


@router.post(
    "/orders/{order_id}/refund",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Refund lines in full",
    responses=ACTING,
)
async def refund_order(
    order: OrderToChange,
    tx: Tx,
    response: Response,
    body: Annotated[RefundIn, Body(default_factory=RefundIn)],
) -> ActionOut:
    """Before shipping, or after it with a reason."""
    return await _act(tx, response, order, Action.REFUND, body)


async def _act(
    tx: Transaction,
    response: Response,
    order: SalesOrder,
    action: Action,
    body: ActionIn,
) -> ActionOut:
    asked = await order_actions.request_action(
        tx, order, action, body.lines, fields_of(body)
    )
    response.headers["Location"] = f"/v1/orders/{order.id}/actions/{asked.id}"
    response.headers["Retry-After"] = "2"
    submissions = await queries.submissions_of(tx.session, [asked.id])
    return action_out(asked, submissions[asked.id])


@router.post(
    "/orders/{order_id}/invoice",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Upload an invoice",
    responses=ACTING | problem_responses(400, 413, 415, 507),
    openapi_extra=INVOICE_EXAMPLE,
)
async def upload_invoice(
    order_id: UUID,
    caller: BriefWriter,
    database: CurrentDatabase,
    storage: CurrentStorage,
    response: Response,
    file: UploadFile,
    if_match: IfMatch = None,
) -> ActionOut:
    """A PDF of at most 3 MB, as multipart part `file`."""
    invoice = invoices.InvoiceRequest(caller, order_id, if_match)
    pdf = await file.read(invoices.LARGEST + 1)
    action = await invoices.request_invoice(database, storage, invoice, pdf)
    response.headers["Location"] = f"/v1/orders/{order_id}/actions/{action.id}"
    response.headers["Retry-After"] = "2"
    return action_out(action, [])


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
