"""`/v1/stores/{id}/mapping/preview` and `/proposal`."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from app.access.dependencies import (
    BriefReader,
    BriefWriter,
    CurrentDatabase,
    CurrentSettings,
    CurrentStorage,
)
from app.catalogs.imports.next_import import source_of
from app.catalogs.mapping import preview
from app.catalogs.mapping.preview import PROPOSAL_BYTES, PreviewLimit
from app.catalogs.mapping.schemas import (
    PreviewIn,
    PreviewOut,
    ProposalOut,
    proposal_out,
)
from app.core.errors import problem_responses
from app.stores import service as stores
from app.web.idempotent.recorded_route import RecordedRoute

router = APIRouter(prefix="/v1/stores", tags=["stores"], route_class=RecordedRoute)


def preview_limit_of(request: Request) -> PreviewLimit:
    return cast("PreviewLimit", request.state.preview_limit)


CurrentPreviewLimit = Annotated[PreviewLimit, Depends(preview_limit_of)]


@router.post(
    "/{store_id}/mapping/preview",
    summary="Preview a mapping",
    responses=problem_responses(409),
)
async def preview_mapping(
    store_id: UUID,
    body: PreviewIn,
    caller: BriefWriter,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
    limit: CurrentPreviewLimit,
) -> PreviewOut:
    """Counts by outcome, and sample rows with the value of each attribute.

    Nothing is changed. Only the beginning of a catalog above
    `REFEED_LARGE_CATALOG_BYTES` is read, and `whole` is false. 422 points to an invalid
    rule; 409 `no_catalog`: the store has no stored catalog.
    """
    async with database.transaction() as tx:
        store = await stores.load_store(tx.session, caller, store_id)
        given = await preview.prepare(tx.session, settings, storage, store, body)
    return await preview.run_preview(limit, given)


@router.get(
    "/{store_id}/mapping/proposal",
    summary="Propose a mapping",
    responses=problem_responses(409),
)
async def get_mapping_proposal(
    store_id: UUID,
    caller: BriefReader,
    database: CurrentDatabase,
    settings: CurrentSettings,
    storage: CurrentStorage,
    limit: CurrentPreviewLimit,
) -> ProposalOut:
    """By column names and the first 200 rows of the newest catalog, with reasons.

    Nothing is changed. 409 `no_catalog`: no usable catalog.
    """
    async with database.transaction() as tx:
        store = await stores.load_store(tx.session, caller, store_id)
        catalog = await preview.catalog_of(tx.session, store, None)
        source = source_of(settings, storage, catalog)
    found, proposals = await preview.propose_for(
        limit, settings, store_id, source, PROPOSAL_BYTES
    )
    return proposal_out(proposals, catalog.id, found)
