"""Progress of a catalog import for event streams."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from app.catalogs.models import Catalog
from app.catalogs.schemas import CatalogProgress, catalog_out
from app.database import Database
from app.web.event_stream import Mark, Progress

UNDER_WAY = frozenset({"received", "importing"})


@dataclass(frozen=True, slots=True)
class WatchedCatalog:
    """Reads one catalog, in a short transaction each time."""

    database: Database
    id: UUID

    async def mark(self) -> Mark | None:
        async with self.database.transaction() as tx:
            found = await tx.session.execute(
                select(col(Catalog.progress), col(Catalog.state)).where(
                    Catalog.id == self.id
                )
            )
            row = found.one_or_none()
        return Mark(row.progress, row.state not in UNDER_WAY) if row else None

    async def progress(self) -> Progress | None:
        """State, phase and counts, which change during an import."""
        async with self.database.transaction() as tx:
            catalog = await tx.session.get(Catalog, self.id)
        if catalog is None:
            return None
        mark = Mark(catalog.progress, catalog.state not in UNDER_WAY)
        shown = CatalogProgress.model_validate(catalog_out(catalog).model_dump())
        return Progress(mark, shown.model_dump_json())
