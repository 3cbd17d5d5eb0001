"""Upserts fetched service cases, links them to orders, and records their events."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.backmarket.wire.service_cases import ServiceCase as Fetched
from app.core.columns import new_id, utc_now
from app.core.statements import load_statements
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.orders.service_cases.models import ServiceCase
from app.orders.service_cases.states import case_state

NO_COUNTRY = ""
"""Of a case without one: only stores with orders of all countries see it."""
MOST_DELETED = 10_000
_SQL = load_statements(__package__, "store.sql")
_CHANGING = (
    *("state", "reasons", "resolution", "opened_at", "modified_at"),
    *("last_message_at", "closed_at", "sort_at", "digest", "changed_at"),
)


async def store_cases(
    session: AsyncSession,
    account_id: UUID,
    cases: Iterable[Fetched],
    connected_at: datetime | None = None,
) -> int:
    """Insert cases, or replace what changed; returns how many were written.

    `connected_at`: of the account, during its first fetch. New cases from before it
    that are closed have no event, as orders that have ended.

    Older versions of a case that arrive late are left out.
    """
    newest = {case.id: case for case in cases}
    if not newest:
        return 0
    fresh = insert(ServiceCase).values(
        [_row(account_id, newest[number]) for number in sorted(newest)]
    )
    given = fresh.excluded
    changes: dict[str, Any] = {name: given[name] for name in _CHANGING}
    for name in ("country", "order_number", "line_number"):
        changes[name] = func.coalesce(given[name], getattr(ServiceCase, name))
    written = await session.execute(
        fresh.on_conflict_do_update(
            index_elements=["account_id", "marketplace_id"],
            set_={**changes, "version": col(ServiceCase.version) + 1},
            where=(given.digest != col(ServiceCase.digest))
            & or_(
                given.modified_at.is_(None),
                col(ServiceCase.modified_at).is_(None),
                given.modified_at >= col(ServiceCase.modified_at),
            ),
        ).returning(col(ServiceCase.id))
    )
    ids = list(written.scalars())
    await link(session, account_id)
    await _record(session, account_id, ids, connected_at)
    return len(ids)


async def link(session: AsyncSession, account_id: UUID) -> None:
    """Link cases to orders that were fetched since."""
    for name in ("link_by_order", "link_by_line"):
        await session.execute(_SQL[name], {"account": account_id})


async def delete_old(session: AsyncSession, keep: timedelta) -> None:
    """Delete closed cases that did not change for `keep`."""
    await session.execute(_SQL["delete_old"], {"keep": keep, "most": MOST_DELETED})


def _row(account_id: UUID, case: Fetched) -> dict[str, Any]:
    now = utc_now()
    latest = [case.modified_at, case.closed_at, case.last_message_at, case.created_at]
    return {
        "id": new_id(),
        "account_id": account_id,
        "marketplace_id": case.id,
        "order_number": case.order,
        "line_number": case.line,
        "state": case.state,
        "country": case.country,
        "reasons": list(case.reasons),
        "resolution": case.resolution,
        "opened_at": case.created_at,
        "modified_at": case.modified_at,
        "last_message_at": case.last_message_at,
        "closed_at": case.closed_at,
        "sort_at": next((moment for moment in latest if moment), now),
        "digest": case.digest,
        "version": 1,
        "first_seen_at": now,
        "changed_at": now,
    }


def _is_history(case: ServiceCase, connected_at: datetime | None) -> bool:
    """Whether a case is new here, but was closed before the account was connected."""
    if connected_at is None or case.version > 1 or case.opened_at is None:
        return False
    return case.opened_at < connected_at and case_state(case.state) == "closed"


async def _record(
    session: AsyncSession,
    account_id: UUID,
    ids: Sequence[UUID],
    connected_at: datetime | None,
) -> None:
    """One event per case that is new or has changed. They name no buyer."""
    if not ids:
        return
    query = select(ServiceCase).where(col(ServiceCase.id).in_(ids))
    rows = await session.execute(query.execution_options(populate_existing=True))
    events = [
        NewEvent(
            EventType.SERVICE_CASE_UPDATED,
            case.id,
            {
                "service_case_id": str(case.id),
                "marketplace_id": case.marketplace_id,
                "order_id": str(case.order_id) if case.order_id else None,
                "country": case.country,
                "state": case_state(case.state),
                "version": case.version,
                "path": f"/v1/service-cases/{case.id}",
            },
            account_id=account_id,
            country=case.country or NO_COUNTRY,
        )
        for case in rows.scalars()
        if not _is_history(case, connected_at)
    ]
    await record_events(session, events)
