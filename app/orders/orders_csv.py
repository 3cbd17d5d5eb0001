"""Orders as CSV: one line per order line."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from app.core.columns import utc_now
from app.database import Database
from app.orders import queries
from app.orders.enums import line_state, order_state
from app.orders.lists.conditions import OrderPosition, position_in
from app.orders.lists.page import read_page
from app.orders.lists.query import OrderQuery
from app.orders.models import SalesOrder, SalesOrderLine
from app.orders.schemas import buyer_of, due_of
from app.web.csv_response import ROWS_AT_A_TIME, CsvTable

_ORDER = ("id", "marketplace_id", "state", "outcome", "due", "country")
_BUYER = ("buyer_name", "buyer_city", "buyer_country")
_TIMES = ("created_at", "modified_at", "paid_at", "dispatch_by", "shipped_at")
_SAME = (
    "currency",
    "price",
    "shipping_price",
    "sales_taxes",
    "shipper",
    "tracking_number",
    "has_invoice",
)
_LINE = ("line_id", "line_state")
_OF_LINE = ("sku", "title", "quantity", "imei", "serial_number")
COLUMNS = (
    *_ORDER,
    *_BUYER,
    *_TIMES,
    *_SAME,
    *_LINE,
    *_OF_LINE,
    "line_price",
    "line_fee",
)
OrderWithLines = tuple[SalesOrder, list[SalesOrderLine]]


def orders_table(
    database: Database, query: OrderQuery
) -> CsvTable[OrderWithLines, OrderPosition]:
    """All orders of a list, in its order."""

    async def rows_after(position: OrderPosition | None) -> Sequence[OrderWithLines]:
        # pages may be empty and have a next one
        while True:
            rows, following = await _rows(database, query, position)
            if rows or following is None:
                return rows
            position = following

    return CsvTable(
        COLUMNS, rows_after, lambda row: position_in(query.sort, row[0]), _lines
    )


async def _rows(
    database: Database, query: OrderQuery, after: OrderPosition | None
) -> tuple[list[OrderWithLines], OrderPosition | None]:
    async with database.transaction() as tx:
        page = await read_page(tx.session, query, after, ROWS_AT_A_TIME)
        ids = [order.id for order in page.orders]
        lines = await queries.lines_by_order(tx.session, ids)
    return [(order, lines[order.id]) for order in page.orders], page.next


def _lines(row: OrderWithLines) -> Iterator[tuple[object, ...]]:
    """An order without lines has one line, too."""
    order, lines = row
    buyer = buyer_of(order.shipping_address)
    of_order = (
        order.id,
        order.marketplace_id,
        order_state(order.state),
        order.outcome,
        " ".join(due_of(order, utc_now())),
        order.country,
        *(buyer.name, buyer.city, buyer.country),
        *(_text(getattr(order, name)) for name in _TIMES),
        *(getattr(order, name) for name in _SAME),
    )
    if not lines:
        yield (*of_order, *(None for _ in COLUMNS[len(of_order) :]))
    for line in lines:
        yield (*of_order, *_cells(line))


def _cells(line: SalesOrderLine) -> tuple[object, ...]:
    same = (getattr(line, name) for name in _OF_LINE)
    return (
        line.marketplace_id,
        line_state(line.state),
        *same,
        line.price,
        line.fee,
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
