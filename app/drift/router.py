"""`/v1/stores/{id}/drift-checks` and `/v1/stores/{id}/drift`."""

from typing import Literal

from fastapi import APIRouter, Response, status

from app.core.errors import problem_responses
from app.database import Tx
from app.drift import queries, scheduling
from app.drift.models import DriftCheck
from app.drift.schemas import DriftCheckOut, DriftOut, drift_check_out, drift_out
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_cursor, page_of
from app.web.responses import ACCEPTED, POLLED

router = APIRouter(
    prefix="/v1/stores/{store_id}", tags=["drift"], route_class=RecordedRoute
)
OVER = frozenset({"done", "failed"})


@router.post(
    "/drift-checks",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Start a drift check",
    responses=ACCEPTED | problem_responses(409, 412),
)
async def create_drift_check(
    store: StoreToChange, tx: Tx, response: Response
) -> DriftCheckOut:
    """Differences appear in `/drift`. A check that runs now is followed by another."""
    state = await scheduling.request_by_api(tx, store)
    response.headers["Location"] = f"/v1/stores/{store.id}/drift-checks"
    response.headers["Retry-After"] = "2"
    return drift_check_out(state)


@router.get("/drift-checks", summary="Get the drift check", responses=POLLED)
async def get_drift_check(
    store: StoreToRead, tx: Tx, response: Response
) -> DriftCheckOut:
    """404 before the first check."""
    state: DriftCheck = await scheduling.progress_of(tx.session, store.id)
    if state.state not in OVER:
        response.headers["Retry-After"] = "2"
    return drift_check_out(state)


@router.get("/drift", summary="List drift")
async def list_drift(
    store: StoreToRead,
    tx: Tx,
    kind: Literal["by_hand", "not_applied"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DriftOut]:
    """Sorted by SKU and field. An entry disappears when a check finds the value."""
    after = decode_cursor(cursor, 2)
    rows = await queries.drift(tx.session, store.id, kind, after, limit)
    return page_of(rows, limit, drift_out, lambda row: (row.sku_key, row.field))
