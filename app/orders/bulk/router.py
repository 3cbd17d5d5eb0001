"""`/v1/order-actions`: many actions at once, as JSON or as a file."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.access.dependencies import (
    BriefWriter,
    CurrentDatabase,
    CurrentSettings,
    Reader,
    Writer,
)
from app.catalogs.engine.read.source import Hints
from app.catalogs.schemas import (
    EncodingGiven,
    HeaderRowGiven,
    QuoteCharGiven,
    SeparatorGiven,
    SheetGiven,
)
from app.core.errors import problem_responses
from app.database import Transaction, Tx
from app.idempotency.answering import answer_in
from app.orders import queries
from app.orders.actions.outcome_schemas import ActionOfOrder, action_out
from app.orders.bulk.items import item_request
from app.orders.bulk.results import result_fields
from app.orders.bulk.schemas import (
    MAX_ITEMS,
    BulkIn,
    BulkOut,
    ItemResult,
    TrackingOut,
)
from app.orders.bulk.service import Outcome, request_actions
from app.orders.bulk.tracking_file import CurrentReads, read_tracking
from app.orders.bulk.tracking_rows import request_shipments
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Page

router = APIRouter(
    prefix="/v1/order-actions", tags=["orders"], route_class=RecordedRoute
)
DryRun = Annotated[
    bool, Query(description="`true`: validates, and requests and stores nothing")
]
ActionIds = Annotated[
    list[UUID] | None,
    Query(
        alias="id",
        max_length=MAX_ITEMS,
        description="an action's id; repeat it for several",
    ),
]
EXAMPLE = (
    "Order number;Tracking number;Carrier;Tracking URL\n"
    "71234567;XY123456789FR;Colissimo;https://carrier.example/t/XY123456789FR\n"
)
_BINARY = {"type": "string", "format": "binary"}
FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": _BINARY, "example": EXAMPLE},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                "schema": _BINARY
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": _BINARY},
                }
            },
        },
    }
}


@router.post("", summary="Request actions on many orders")
async def request_order_actions(
    body: BulkIn, tx: Tx, caller: Writer, *, dry_run: DryRun = False
) -> BulkOut:
    """The same as a request per item, one after the other; each has its own result.

    An item names its order by our id or Back Market's number; `version` is its
    `If-Match`. Back Market is called by workers: poll the actions.
    """
    items = [
        item_request(given, f"/items/{index}") for index, given in enumerate(body.items)
    ]
    outcomes = await request_actions(tx, caller, items, dry_run=dry_run)
    return bulk_out(outcomes, dry_run=dry_run)


@router.get("", summary="Get actions on several orders")
async def get_order_actions(
    tx: Tx, caller: Reader, id_: ActionIds = None
) -> Page[ActionOfOrder]:
    """The actions with these ids, in the order of their requests.

    Actions of orders that the key may not see are left out.
    """
    found = await queries.actions_by_id(tx.session, caller, id_ or [])
    submissions = await queries.submissions_of(tx.session, [a.id for a, _ in found])
    return Page(
        items=[
            ActionOfOrder(
                marketplace_id=number,
                **dict(action_out(action, submissions[action.id])),
            )
            for action, number in found
        ]
    )


def bulk_out(outcomes: list[Outcome], *, dry_run: bool) -> BulkOut:
    results = [
        ItemResult(
            index=index,
            state="refused" if outcome.problem else "accepted",
            **result_fields(outcome, dry_run=dry_run),
        )
        for index, outcome in enumerate(outcomes)
    ]
    refused = sum(outcome.problem is not None for outcome in outcomes)
    return BulkOut(
        dry_run=dry_run,
        accepted=len(results) - refused,
        refused=refused,
        items=results,
    )


def hints_of(
    separator: SeparatorGiven = None,
    quote_char: QuoteCharGiven = None,
    encoding: EncodingGiven = None,
    sheet: SheetGiven = None,
    header_row: HeaderRowGiven = None,
) -> Hints:
    return Hints(separator, quote_char, encoding, sheet, header_row)


@router.post(
    "/tracking",
    summary="Ship orders by a file of tracking numbers",
    response_model=TrackingOut,
    responses=problem_responses(400, 413, 415),
    openapi_extra=FILE_BODY,
)
async def upload_tracking(
    request: Request,
    caller: BriefWriter,
    database: CurrentDatabase,
    settings: CurrentSettings,
    reads: CurrentReads,
    hints: Annotated[Hints, Depends(hints_of)],
    *,
    dry_run: DryRun = False,
) -> Response:
    """CSV or a workbook of at most 1,000 rows and 4 MB, with columns for the order
    number, the tracking number, and maybe carrier and tracking URL.

    Columns are found by their names. A row ships its order as `ship` does; an order
    that was shipped with the same number is `unchanged`, so that a file may be
    uploaded again.
    """
    table = await read_tracking(reads, settings, request, hints)

    async with database.transaction() as tx:
        found = await request_shipments(tx, caller, table, dry_run=dry_run)
        return await _answer(tx, request, found)


async def _answer(tx: Transaction, request: Request, found: TrackingOut) -> Response:
    response = Response(found.model_dump_json(), media_type="application/json")
    return await answer_in(tx, request, response)
