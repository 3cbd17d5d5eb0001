"""`/v1/stores/{id}/plans` and `/v1/plans`."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.dependencies import CurrentDatabase, Reader
from app.core.errors import problem_responses
from app.database import Tx
from app.publications.enums import PlanState
from app.publications.previews import preview
from app.publications.previews.schemas import PlanIn, PlanOut, plan_out
from app.publications.reports import queries
from app.publications.reports.changes_csv import changes_table
from app.publications.reports.dependencies import ChangeFilters
from app.publications.schemas import ChangeOut, change_out
from app.stores.dependencies import StoreToChange
from app.web.csv_response import WantsCsv, as_csv
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_int, page_of
from app.web.responses import ACCEPTED, POLLED, csv_file

router = APIRouter(prefix="/v1", tags=["publications"], route_class=RecordedRoute)


@router.post(
    "/stores/{store_id}/plans",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Create a plan without sending it",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def create_plan(
    body: PlanIn, store: StoreToChange, tx: Tx, response: Response
) -> PlanOut:
    """To publish exactly this plan, create a publication with its id as `plan_id`."""
    plan = await preview.request(tx, store, body.kind)
    response.headers["Location"] = f"/v1/plans/{plan.id}"
    response.headers["Retry-After"] = "1"
    return plan_out(plan)


@router.get("/plans/{plan_id}", summary="Read a plan", responses=POLLED)
async def get_plan(
    plan_id: UUID, tx: Tx, caller: Reader, response: Response
) -> PlanOut:
    """Plans are deleted a day after they were requested."""
    plan = await preview.get_plan(tx.session, caller, plan_id)
    if plan.state == PlanState.REQUESTED:
        response.headers["Retry-After"] = "1"
    return plan_out(plan)


@router.get(
    "/plans/{plan_id}/changes",
    summary="List the changes of a plan",
    response_model=Page[ChangeOut],
    responses=csv_file(),
)
async def list_plan_changes(
    plan_id: UUID,
    tx: Tx,
    caller: Reader,
    database: CurrentDatabase,
    wants_csv: WantsCsv,
    filters: ChangeFilters,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ChangeOut] | Response:
    """In the order of sending: `planned` would be sent now, `deferred` later.

    As CSV (`format=csv` or `Accept: text/csv`): the whole list without pages, one line
    per changed field.
    """
    plan = await preview.get_plan(tx.session, caller, plan_id)
    if wants_csv:
        return as_csv(changes_table(database, plan.id, filters), f"plan-{plan.id}.csv")
    rows = await queries.changes(
        tx.session, plan.id, filters, decode_int(cursor), limit
    )
    return page_of(rows, limit, change_out, lambda row: (row.seq,))
