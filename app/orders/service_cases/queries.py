"""Reads service cases that a caller may see: those of orders that the caller sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.errors import NotFoundError
from app.orders import queries
from app.orders.service_cases.models import ServiceCase

MOST_OF_ORDER = 50
"""Cases that an order shows, the newest ones."""


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """Filters of the list; None does not restrict."""

    country: str | None = None
    state: int | None = None
    order: UUID | int | None = None


async def list_cases(
    session: AsyncSession,
    caller: Caller,
    filters: CaseFilters,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ServiceCase]:
    """At most `limit` cases, those that changed last first."""
    seen = await queries.views(session, caller)
    query = select(ServiceCase).where(_visible(seen))
    if filters.country is not None:
        query = query.where(ServiceCase.country == filters.country)
    if filters.state is not None:
        query = query.where(ServiceCase.state == filters.state)
    if isinstance(filters.order, UUID):
        query = query.where(ServiceCase.order_id == filters.order)
    elif filters.order is not None:
        query = query.where(ServiceCase.order_number == filters.order)
    place = tuple_(col(ServiceCase.sort_at), col(ServiceCase.id))
    if after:
        query = query.where(place < tuple_(*after))
    query = query.order_by(col(ServiceCase.sort_at).desc(), col(ServiceCase.id).desc())
    return (await session.execute(query.limit(limit))).scalars().all()


async def get_case(session: AsyncSession, caller: Caller, case_id: UUID) -> ServiceCase:
    """Raises NotFoundError."""
    case = await session.get(ServiceCase, case_id)
    seen = await queries.views(session, caller) if case else []
    if case is None or not any(v.shows(case.account_id, case.country) for v in seen):
        raise NotFoundError("Service case not found.")
    return case


async def cases_of(session: AsyncSession, order_id: UUID) -> Sequence[ServiceCase]:
    """The cases of an order that the caller may see, the newest first."""
    query = (
        select(ServiceCase)
        .where(ServiceCase.order_id == order_id)
        .order_by(col(ServiceCase.sort_at).desc(), col(ServiceCase.id).desc())
        .limit(MOST_OF_ORDER)
    )
    return (await session.execute(query)).scalars().all()


def _visible(seen: Sequence[queries.OrderScope]) -> ColumnElement[bool]:
    whole = {view.account_id for view in seen if view.country is None}
    parts = {(v.account_id, v.country) for v in seen if v.country is not None}
    pair = tuple_(col(ServiceCase.account_id), col(ServiceCase.country))
    return or_(col(ServiceCase.account_id).in_(whole), pair.in_(parts))
