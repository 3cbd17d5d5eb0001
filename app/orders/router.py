"""`/v1/orders` and `/v1/stores/{id}/orders/sync`."""

from fastapi import APIRouter, Response, status

from app.access.dependencies import CurrentDatabase, CurrentVault, Reader, Writer
from app.core.errors import problem_responses
from app.database import Tx
from app.orders import queries
from app.orders.actions import service as order_actions
from app.orders.buyers.sealing import open_addresses
from app.orders.dependencies import KnownOrderId, OrderToChange, SeenScopes
from app.orders.filters import (
    AfterPosition,
    RequestedFilters,
    RequestedSort,
    cursor_key,
)
from app.orders.lists.page import read_page
from app.orders.lists.query import OrderQuery
from app.orders.lists.schemas import OrderTotals, totals_out
from app.orders.lists.totals import TotalsBy, read_totals
from app.orders.merchant_fields import OrderPatch, change_order
from app.orders.orders_csv import orders_table
from app.orders.schemas import OrderOut, OrderSummary, order_out, summary_out
from app.orders.service_cases.queries import cases_of
from app.orders.sync import scheduling
from app.orders.sync.schemas import SyncOut, sync_out
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.csv_response import WantsCsv, as_csv
from app.web.etags import tag
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Limit, Page, encode_cursor
from app.web.responses import ACCEPTED, VERSIONED, csv_file

router = APIRouter(prefix="/v1", tags=["orders"], route_class=RecordedRoute)


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
    order_id: KnownOrderId,
    tx: Tx,
    caller: Reader,
    vault: CurrentVault,
    response: Response,
) -> OrderOut:
    """`order_id` is our id or Back Market's number, if only one account has it.

    `allowed_actions` names each action with its fields and accepted values.
    """
    order, seen_by = await queries.get_order(tx.session, caller, order_id)
    tag(response, order)
    return order_out(
        order,
        open_addresses(vault, order),
        await order_actions.lines_of(tx.session, order.id),
        seen_by,
        await order_actions.open_actions(tx.session, order.id),
        await cases_of(tx.session, order.id),
    )


@router.patch(
    "/orders/{order_id}",
    summary="Set your numbers, tags and note of an order",
    responses=VERSIONED | problem_responses(412),
)
async def update_order(
    body: OrderPatch,
    order: OrderToChange,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    response: Response,
) -> OrderOut:
    """None of it is sent to Back Market; fetching the order keeps it."""
    await change_order(tx.session, caller, order, body)
    tag(response, order)
    return order_out(
        order,
        open_addresses(vault, order),
        await order_actions.lines_of(tx.session, order.id),
        queries.stores_of(order, await queries.views(tx.session, caller)),
        await order_actions.open_actions(tx.session, order.id),
        await cases_of(tx.session, order.id),
    )
