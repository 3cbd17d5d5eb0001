"""`/v1/orders/{id}/accept` and the other actions, and `/v1/orders/{id}/actions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request, Response, UploadFile, status

from app.access.dependencies import BriefWriter, CurrentDatabase, CurrentStorage, Writer
from app.access.service import Caller
from app.core.errors import problem_responses
from app.database import Transaction, Tx
from app.idempotency.answering import answer_in
from app.orders import queries
from app.orders.actions import invoices
from app.orders.actions import service as order_actions
from app.orders.actions.checks import ActionRequest
from app.orders.actions.outcome_schemas import ActionOut, action_out
from app.orders.actions.schemas import (
    AcceptIn,
    ActionIn,
    CancelIn,
    RefundIn,
    ShipIn,
    fields_of,
)
from app.orders.dependencies import OrderToChange, OrderToRead
from app.orders.enums import ENDS, Action, ActionState
from app.orders.models import OrderAction, SalesOrder
from app.web.etags import IfMatch
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import ACCEPTED, POLLED, accepted

router = APIRouter(prefix="/v1", tags=["orders"], route_class=RecordedRoute)
ACTING = ACCEPTED | problem_responses(409, 412)
INVOICE_EXAMPLE = {
    "requestBody": {
        "content": {"multipart/form-data": {"example": {"file": "%PDF-1.7 ..."}}}
    }
}


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
    request = ActionRequest(action, body.lines, fields_of(body))
    asked = await order_actions.request_action(tx, caller, order, request)
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
