"""`/v1/stores/{id}/catalog-source`: the URL of a store's catalog."""

from fastapi import APIRouter, Response, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import CurrentSettings, CurrentVault, Writer
from app.core.errors import problem_responses
from app.database import Tx
from app.sources import service
from app.sources.schemas import CatalogSourceIn, CatalogSourceOut, source_out
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.responses import ACCEPTED

router = APIRouter(prefix="/v1/stores", tags=["catalogs"], route_class=RecordedRoute)


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
    caller: Writer,
    vault: CurrentVault,
    settings: CurrentSettings,
) -> CatalogSourceOut:
    """Replaces the source. It is pulled immediately, then at its interval."""
    before = await service.audited(tx.session, store.id)
    source = await service.put(tx, vault, settings, store.id, body)
    await audit.record(
        tx.session,
        caller,
        AuditAction.STORE_CATALOG_SOURCE_CHANGED,
        Subject(store.id, store.id, store.account_id),
        before=before,
        after=await service.audited(tx.session, store.id),
    )
    return source_out(source, settings.source_interval)


@router.delete(
    "/{store_id}/catalog-source",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete the catalog source",
    responses=problem_responses(412),
)
async def delete_catalog_source(store: StoreToChange, tx: Tx, caller: Writer) -> None:
    """Deletes its password too. Pulled catalogs and offers are not changed."""
    before = await service.audited(tx.session, store.id)
    await service.delete(tx.session, store.id)
    await audit.record(
        tx.session,
        caller,
        AuditAction.STORE_CATALOG_SOURCE_DELETED,
        Subject(store.id, store.id, store.account_id),
        before=before,
    )


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
