"""`/v1/stores/{id}/versions`: lists, reads and restores versions of a store."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.access.dependencies import CurrentSettings, CurrentVault, Writer
from app.core.errors import problem_responses
from app.core.vault import Vault
from app.database import Transaction, Tx
from app.settings import Settings
from app.stores import configuration
from app.stores.dependencies import StoreToChange, StoreToRead
from app.stores.history import service as history
from app.stores.history.models import StoreVersion
from app.stores.history.schemas import (
    VersionDetailOut,
    VersionOut,
    version_detail_out,
    version_out,
)
from app.stores.history.service import StorePart
from app.stores.mapping.mapping_model import CatalogMapping, CategoryTarget
from app.stores.models import Store
from app.stores.schemas import SettingsIn
from app.web.etags import tag
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import BIGGEST, Cursor, Limit, Page, decode_int, page_of
from app.web.responses import VERSIONED

router = APIRouter(prefix="/v1/stores", tags=["stores"], route_class=RecordedRoute)
Number = Annotated[int, Path(ge=1, le=BIGGEST)]


@router.get("/{store_id}/versions/{part}", summary="List versions, newest first")
async def list_versions(
    store: StoreToRead,
    part: StorePart,
    tx: Tx,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[VersionOut]:
    """Each PUT or restore that changes something creates a version."""
    rows = await history.list_versions(
        tx.session, store.id, part, decode_int(cursor), limit
    )
    return page_of(rows, limit, version_out, lambda version: (version.number,))


@router.get("/{store_id}/versions/{part}/{number}", summary="Read a version")
async def get_version(
    store: StoreToRead, part: StorePart, number: Number, tx: Tx
) -> VersionDetailOut:
    return version_detail_out(await history.get(tx.session, store.id, part, number))


@router.post(
    "/{store_id}/versions/{part}/{number}/restore",
    summary="Restore a version",
    responses=VERSIONED | problem_responses(409, 412),
)
async def restore_version(
    store: StoreToChange,
    part: StorePart,
    number: Number,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    settings: CurrentSettings,
    response: Response,
) -> VersionOut:
    """Applies the content again; the token and the seller account do not change.

    Returns the version that is now current.
    """
    version = await history.get(tx.session, store.id, part, number)
    async with history.record_version(tx.session, store, part, caller, number):
        await _restore(tx, vault, settings, caller, store, version)
    tag(response, store)
    (current, *_) = await history.list_versions(tx.session, store.id, part, None, 1)
    return version_out(current)


async def _restore(
    tx: Transaction,
    vault: Vault,
    settings: Settings,
    caller: Writer,
    store: Store,
    old: StoreVersion,
) -> None:
    match StorePart(old.part):
        case StorePart.SETTINGS:
            new = SettingsIn.model_validate(history.settings_in(old.content))
            await configuration.put_settings(
                tx, vault, caller, store, new, settings.offers_interval
            )
        case StorePart.MAPPING:
            attributes = old.content or {"attributes": {}}
            await configuration.put_mapping(
                tx, store, CatalogMapping.model_validate(attributes)
            )
        case StorePart.CATEGORIES:
            items = old.content.values()
            targets = [CategoryTarget.model_validate(item) for item in items]
            await configuration.put_categories(tx, store, targets)
