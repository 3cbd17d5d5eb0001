"""`/v1/stores/{id}/versions`: what a store was set to, by whom, and back to it."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.access.dependencies import CurrentSettings, CurrentVault, Writer
from app.core.errors import problem_responses
from app.core.vault import Vault
from app.database import Transaction, Tx
from app.settings import Settings
from app.stores import service
from app.stores.dependencies import StoreToChange, StoreToRead, tag
from app.stores.history import service as history
from app.stores.history.models import StoreVersion
from app.stores.history.schemas import (
    VersionInFull,
    VersionOut,
    version_in_full,
    version_out,
)
from app.stores.history.service import Part
from app.stores.mapping.mapping_model import CatalogMapping, CategoryTarget
from app.stores.models import Store
from app.stores.schemas import SettingsIn
from app.web.pagination import BIGGEST, Cursor, Limit, Page, decode_int, page_of
from app.web.responses import VERSIONED

router = APIRouter(prefix="/v1/stores", tags=["stores"])
Number = Annotated[int, Path(ge=1, le=BIGGEST)]


@router.get("/{store_id}/versions/{part}", summary="List versions, newest first")
async def list_versions(
    store: StoreToRead, part: Part, tx: Tx, cursor: Cursor = None, limit: Limit = 100
) -> Page[VersionOut]:
    """A version is made whenever a PUT, or a restore, changes something."""
    rows = await history.listed(tx.session, store.id, part, decode_int(cursor), limit)
    return page_of(rows, limit, version_out, lambda version: (version.number,))


@router.get("/{store_id}/versions/{part}/{number}", summary="Read a version")
async def get_version(
    store: StoreToRead, part: Part, number: Number, tx: Tx
) -> VersionInFull:
    return version_in_full(await history.get(tx.session, store.id, part, number))


@router.post(
    "/{store_id}/versions/{part}/{number}/restore",
    summary="Set a part of the store to an earlier version",
    responses=VERSIONED | problem_responses(409, 412),
)
async def restore_version(
    store: StoreToChange,
    part: Part,
    number: Number,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    settings: CurrentSettings,
    response: Response,
) -> VersionOut:
    """As if it were put again; the token stays, and so does the seller account.

    Answers with the version that is now the present one.
    """
    version = await history.get(tx.session, store.id, part, number)
    async with history.kept(tx.session, store, part, caller, number):
        await _put_again(tx, vault, settings, store, version)
    tag(response, store)
    (present, *_) = await history.listed(tx.session, store.id, part, None, 1)
    return version_out(present)


async def _put_again(
    tx: Transaction, vault: Vault, settings: Settings, store: Store, old: StoreVersion
) -> None:
    match Part(old.part):
        case Part.SETTINGS:
            wanted = SettingsIn.model_validate(history.settings_in(old.content))
            await service.put_settings(
                tx, vault, store, wanted, settings.offers_interval
            )
        case Part.MAPPING:
            attributes = old.content or {"attributes": {}}
            await service.put_mapping(
                tx, store, CatalogMapping.model_validate(attributes)
            )
        case Part.CATEGORIES:
            items = old.content.values()
            targets = [CategoryTarget.model_validate(item) for item in items]
            await service.put_categories(tx, store, targets)
