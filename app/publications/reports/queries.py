"""Reads of publications, changes, and errors by cause."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.errors import NotFoundError
from app.core.sql import load_sql
from app.offers.refusals import REFUSALS
from app.publications.error_classes import error_class_of, hint_for, message_of
from app.publications.models import Change, Publication, Submission
from app.publications.schemas import ErrorGroup, OfferErrorGroup

_ERRORS = load_sql(__package__, "errors.sql", {"quarantined": REFUSALS["quarantined"]})


async def get_publication(
    session: AsyncSession, caller: Caller, publication_id: UUID
) -> Publication:
    """Raises NotFoundError if it does not exist or the caller may not see its store."""
    publication = await session.get(Publication, publication_id)
    if publication is None or not caller.sees(publication.store_id):
        raise NotFoundError("Publication not found.")
    return publication


async def list_publications(  # noqa: PLR0913, PLR0917 - the filters of a list
    session: AsyncSession,
    caller: Caller,
    store_id: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Publication]:
    """Newest first."""
    query = select(Publication).order_by(col(Publication.id).desc()).limit(limit + 1)
    if caller.store_ids is not None:
        query = query.where(col(Publication.store_id).in_(caller.store_ids))
    if store_id:
        query = query.where(Publication.store_id == store_id)
    if state:
        query = query.where(Publication.state == state)
    if before:
        query = query.where(col(Publication.id) < before)
    return (await session.execute(query)).scalars().all()


async def live_counts(session: AsyncSession, publication_id: UUID) -> dict[str, int]:
    """Counts by reason and outcome of an active run."""
    rows = await session.execute(
        text(
            "SELECT reason, outcome, count(*) AS n FROM change "
            "WHERE publication_id = :id GROUP BY 1, 2"
        ),
        {"id": publication_id},
    )
    return {f"{row.reason}.{row.outcome}": row.n for row in rows}


async def changes(
    session: AsyncSession,
    publication_id: UUID,
    filters: Mapping[str, str | int],
    after: int | None,
    limit: int,
) -> Sequence[Any]:
    """Changes in the order of sending; `filters`: values by column of `change`."""
    change = Change.metadata.tables["change"]
    query = (
        change.select()
        .where(change.c.publication_id == publication_id, change.c.seq > (after or 0))
        .where(*(change.c[name] == value for name, value in filters.items()))
        .order_by(change.c.seq)
        .limit(limit + 1)
    )
    return (await session.execute(query)).all()


async def errors_by_cause(
    session: AsyncSession, publication_id: UUID
) -> list[ErrorGroup]:
    """Changes that were not accepted, grouped by code and message without numbers."""
    rows = await session.execute(
        text(_ERRORS["changes_by_cause"]), {"id": publication_id}
    )
    return [ErrorGroup(**_cause(row), changes=row.n, skus=row.skus) for row in rows]


async def store_errors(session: AsyncSession, store_id: UUID) -> list[OfferErrorGroup]:
    """Offers in error, grouped the same way; largest first, at most 200 groups."""
    rows = await session.execute(text(_ERRORS["offers_by_cause"]), {"store": store_id})
    return [
        OfferErrorGroup(
            **_cause(row),
            offers=row.n,
            quarantined=row.quarantined,
            skus=row.skus,
            since=row.since,
            retry_at=row.retry_at,
        )
        for row in rows
    ]


def _cause(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a group
    kind = error_class_of(row.code, row.message)
    return {
        "code": row.code,
        "message": message_of(row.code, row.message),
        "kind": kind,
        "hint": hint_for(row.code, kind),
    }


async def submissions(
    session: AsyncSession, publication_id: UUID
) -> Sequence[Submission]:
    found = await session.execute(
        select(Submission)
        .where(Submission.publication_id == publication_id)
        .order_by(col(Submission.seq))
        .limit(1000)
    )
    return found.scalars().all()
