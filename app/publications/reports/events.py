"""Streams the progress of a publication."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from app.access.service import Caller
from app.core.errors import NotFoundError
from app.database import Database
from app.publications.enums import PublicationState
from app.publications.lifecycle import OVER
from app.publications.models import Publication
from app.publications.reports import queries
from app.publications.schemas import publication_out
from app.web.event_stream import Mark, Progress


@dataclass(frozen=True, slots=True)
class WatchedPublication:
    """Reads one publication, each time in a short transaction."""

    database: Database
    caller: Caller
    id: UUID

    async def mark(self) -> Mark | None:
        async with self.database.transaction() as tx:
            found = await tx.session.execute(
                select(col(Publication.progress), col(Publication.state)).where(
                    Publication.id == self.id
                )
            )
            row = found.one_or_none()
        return Mark(row.progress, PublicationState(row.state) in OVER) if row else None

    async def progress(self) -> Progress | None:
        """The body of `GET` without the SKUs of webhooks."""
        async with self.database.transaction() as tx:
            try:
                publication = await queries.get_publication(
                    tx.session, self.caller, self.id
                )
            except NotFoundError:
                return None
            over = PublicationState(publication.state) in OVER
            live = None if over else await queries.live_counts(tx.session, self.id)
        shown = publication_out(publication, live)
        return Progress(
            Mark(publication.progress, over), shown.model_dump_json(exclude={"hook"})
        )
