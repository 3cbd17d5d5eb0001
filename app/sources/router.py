"""`/v1/stores/{id}/catalog-source`: the URL of a store's catalog."""

from fastapi import APIRouter, Response, status

from app.access.dependencies import CurrentSettings, CurrentVault
from app.core.errors import problem_responses
from app.database import Tx
from app.sources import service
from app.sources.schemas import CatalogSourceIn, CatalogSourceOut, source_out
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.responses import ACCEPTED

router = APIRouter(prefix="/v1/stores", tags=["catalogs"])


@router.get("/{store_id}/catalog-source", summary="Read the catalog source")
async def get_catalog_source(
    store: StoreToRead, tx: Tx, settings: CurrentSettings
) -> CatalogSourceOut:
    """Includes the last pull. The password is never returned."""
    source = await service.of_store(tx.session, store.id)
    return source_out(source, settings.source_interval)


@router.put(
    "/{store_id}/catalog-source",
    summary="Set the catalog source",
    responses=problem_responses(412),
)
async def replace_catalog_source(
    body: CatalogSourceIn,
    store: StoreToChange,
    tx: Tx,
    vault: CurrentVault,
    settings: CurrentSettings,
) -> CatalogSourceOut:
    """Replaces the source. It is pulled immediately, then at its interval."""
    source = await service.put(tx, vault, settings, store.id, body)
    return source_out(source, settings.source_interval)


@router.delete(
    "/{store_id}/catalog-source",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete the catalog source",
    responses=problem_responses(412),
)
async def delete_catalog_source(store: StoreToChange, tx: Tx) -> None:
    """Deletes its password too. Pulled catalogs and offers are not changed."""
    await service.delete(tx.session, store.id)


@router.post(
    "/{store_id}/catalog-source/pull",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Pull the catalog now",
    responses=ACCEPTED | problem_responses(412),
)
async def pull_catalog_source(
    store: StoreToChange, tx: Tx, settings: CurrentSettings, response: Response
) -> CatalogSourceOut:
    """Poll the `Location` until `state` is `idle`; `last_pull` has the outcome."""
    source = await service.request_by_api(tx, store.id)
    response.headers["Location"] = f"/v1/stores/{store.id}/catalog-source"
    response.headers["Retry-After"] = "2"
    return source_out(source, settings.source_interval)
