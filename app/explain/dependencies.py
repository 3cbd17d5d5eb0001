"""The parameters that the two routes of an explanation share."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from app.access.dependencies import (
    BriefReader,
    CurrentDatabase,
    CurrentSettings,
    CurrentStorage,
)
from app.access.service import Caller
from app.explain import service
from app.explain.schemas import OfferExplained
from app.explain.service import ExplainServices, TimelinePosition
from app.web.pagination import Cursor, bad_cursor, decode_cursor

RunsPerPage = Annotated[
    int, Query(ge=1, le=100, description="runs per page of the timeline")
]


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains offers to one caller, with one page of their timelines."""

    tools: ExplainServices
    caller: Caller
    place: TimelinePosition
    limit: int

    async def offer(self, store_id: UUID, sku: str) -> OfferExplained:
        """Raises NotFoundError."""
        return await service.explain(
            self.tools, self.caller, store_id, sku, self.place, self.limit
        )


async def services(
    database: CurrentDatabase, settings: CurrentSettings, storage: CurrentStorage
) -> ExplainServices:
    return ExplainServices(settings, database, storage)


async def explainer(
    caller: BriefReader,
    tools: Annotated[ExplainServices, Depends(services)],
    cursor: Cursor = None,
    limit: RunsPerPage = 20,
) -> Explainer:
    """A page of a timeline: `limit` runs from `cursor` on."""
    return Explainer(tools, caller, _place(cursor), limit)


def _place(cursor: str | None) -> TimelinePosition:
    key = decode_cursor(cursor, 2)
    if key is None:
        return TimelinePosition()
    try:
        return TimelinePosition(
            UUID(key[0]), datetime.fromisoformat(key[1]).astimezone(UTC)
        )
    except (ValueError, OverflowError) as error:
        raise bad_cursor() from error


CurrentExplainer = Annotated[Explainer, Depends(explainer)]
