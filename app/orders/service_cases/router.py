"""`/v1/service-cases`: lists and reads cases, read only."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.access.dependencies import Reader
from app.backmarket.markets import MARKETS, UnknownMarketError, market_of
from app.core.errors import FieldError, InvalidError
from app.database import Tx
from app.orders.references import KINDS, reference_of
from app.orders.service_cases import queries
from app.orders.service_cases.queries import CaseFilters
from app.orders.service_cases.schemas import ServiceCaseOut, case_out
from app.orders.service_cases.states import CASE_STATES, case_code
from app.web.pagination import Cursor, Limit, Page, bad_cursor, decode_cursor, page_of

router = APIRouter(prefix="/v1/service-cases", tags=["orders"])


def filters_of(
    country: Annotated[
        str | None, Query(max_length=10, description="ISO 3166 alpha-2")
    ] = None,
    state: Annotated[
        str | None,
        Query(max_length=20, description="`open`, `closed` or Back Market's number"),
    ] = None,
    order: Annotated[str | None, Query(max_length=36, description=KINDS)] = None,
) -> CaseFilters:
    """Raises InvalidError."""
    return CaseFilters(_country(country), _state(state), _order(order))


def _country(given: str | None) -> str | None:
    try:
        return market_of(given).country if given is not None else None
    except UnknownMarketError:
        accepted = ", ".join(sorted(MARKETS))
        raise _refused("country", "unknown_market", accepted) from None


def _state(given: str | None) -> int | None:
    code = case_code(given) if given is not None else None
    if given is not None and code is None:
        raise _refused("state", "unknown_state", ", ".join(CASE_STATES.values()))
    return code


def _order(given: str | None) -> UUID | int | None:
    reference = reference_of(given) if given is not None else None
    if given is not None and reference is None:
        raise _refused("order", "invalid_id", KINDS)
    return reference


def _refused(field: str, code: str, accepted: str) -> InvalidError:
    message = f"The {field} is not known."
    return InvalidError(message, errors=[FieldError(field, code, message, accepted)])


@router.get("", summary="List service cases")
async def list_service_cases(
    tx: Tx,
    caller: Reader,
    filters: Annotated[CaseFilters, Depends(filters_of)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ServiceCaseOut]:
    """Returns and complaints of buyers, those that changed last first.

    They are fetched every hour, and are read only: answer them at Back Market.
    """
    rows = await queries.list_cases(
        tx.session, caller, filters, _place(cursor), limit + 1
    )
    return page_of(rows, limit, case_out, lambda row: (row.sort_at.isoformat(), row.id))


@router.get("/{case_id}", summary="Get a service case")
async def get_service_case(case_id: UUID, tx: Tx, caller: Reader) -> ServiceCaseOut:
    return case_out(await queries.get_case(tx.session, caller, case_id))


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The place of the last case of the page before. Raises InvalidError."""
    key = decode_cursor(cursor, 2)
    try:
        return (datetime.fromisoformat(key[0]), UUID(key[1])) if key else None
    except ValueError as error:
        raise bad_cursor() from error
