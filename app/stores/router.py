"""`/v1/stores`: stores, settings, mapping, categories, lights, activation."""

from fastapi import APIRouter, Response, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import Admin, CurrentSettings, CurrentVault, Reader, Writer
from app.core.errors import problem_responses
from app.database import Tx
from app.stores import activation, configuration, service
from app.stores.dependencies import StoreToChange, StoreToRead
from app.stores.history.service import StorePart, record_version
from app.stores.mapping.mapping_model import CatalogMapping, category_key
from app.stores.models import Store
from app.stores.schemas import (
    ActivationOut,
    CategoriesIn,
    CategoriesOut,
    FoundCategoryOut,
    LightsOut,
    MappingOut,
    SettingsIn,
    SettingsOut,
    StoreIn,
    StorePatch,
    light_out,
    mapping_out,
    settings_out,
)
from app.stores.summary import StoreOut, summaries, summary
from app.web.etags import tag
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of
from app.web.responses import CREATED, VERSIONED

router = APIRouter(prefix="/v1/stores", tags=["stores"], route_class=RecordedRoute)
CHANGED = VERSIONED | problem_responses(412)


@router.post(
    "", status_code=status.HTTP_201_CREATED, summary="Create a store", responses=CREATED
)
async def create_store(
    body: StoreIn,
    tx: Tx,
    caller: Admin,
    settings: CurrentSettings,
    response: Response,
) -> StoreOut:
    store = await service.create(tx.session, body.name, body.country, settings)
    await audit.record(
        tx.session,
        caller,
        AuditAction.STORE_CREATED,
        Subject(store.id, store.id),
        after=body.model_dump(mode="json"),
    )
    response.headers["Location"] = f"/v1/stores/{store.id}"
    tag(response, store)
    return await summary(tx.session, store)


@router.get("", summary="List the stores that the API key may see")
async def list_stores(
    tx: Tx, caller: Reader, cursor: Cursor = None, limit: Limit = 100
) -> Page[StoreOut]:
    rows = await service.list_stores(tx.session, caller, decode_uuid(cursor), limit)
    shown = await summaries(tx.session, rows)
    return page_of(shown, limit, lambda store: store, lambda store: (store.id,))


@router.get("/{store_id}", summary="Read a store", responses=VERSIONED)
async def get_store(store: StoreToRead, tx: Tx, response: Response) -> StoreOut:
    tag(response, store)
    return await summary(tx.session, store)


@router.patch("/{store_id}", summary="Rename a store", responses=CHANGED)
async def update_store(
    body: StorePatch,
    store: StoreToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
) -> StoreOut:
    if body.name != store.name:
        await audit.record(
            tx.session,
            caller,
            AuditAction.STORE_RENAMED,
            Subject(store.id, store.id, store.account_id),
            before={"name": store.name},
            after={"name": body.name},
        )
    store.name = body.name
    store.version += 1
    tag(response, store)
    return await summary(tx.session, store)


@router.get("/{store_id}/settings", summary="Read the settings", responses=VERSIONED)
async def get_store_settings(store: StoreToRead, response: Response) -> SettingsOut:
    tag(response, store)
    return settings_out(store)


@router.put(
    "/{store_id}/settings",
    summary="Replace the settings",
    responses=CHANGED | problem_responses(409),
)
async def replace_store_settings(
    body: SettingsIn,
    store: StoreToChange,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    settings: CurrentSettings,
    response: Response,
) -> SettingsOut:
    async with record_version(tx.session, store, StorePart.SETTINGS, caller):
        await configuration.put_settings(
            tx, vault, caller, store, body, settings.offers_interval
        )
    if body.token is not None:
        await audit.record(
            tx.session,
            caller,
            AuditAction.STORE_TOKEN_SET,
            Subject(store.id, store.id, store.account_id),
        )
    tag(response, store)
    return settings_out(store)


@router.get("/{store_id}/mapping", summary="Read the mapping", responses=VERSIONED)
async def get_mapping(store: StoreToRead, response: Response) -> MappingOut:
    tag(response, store)
    return _mapping_out(store)


@router.put("/{store_id}/mapping", summary="Set the mapping", responses=CHANGED)
async def replace_mapping(
    body: CatalogMapping,
    store: StoreToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
) -> MappingOut:
    """The newest catalog is imported again. The mapping may be incomplete: `missing`.

    422 names a rule that cannot be applied by its `pointer`.
    """
    async with record_version(tx.session, store, StorePart.MAPPING, caller):
        await configuration.put_mapping(tx, store, body)
    tag(response, store)
    return _mapping_out(store)


def _mapping_out(store: Store) -> MappingOut:
    resolved = configuration.resolved_mapping(store)
    return mapping_out(configuration.mapping_of(store), resolved, store.catalog_columns)


@router.get(
    "/{store_id}/categories", summary="Read the category mapping", responses=VERSIONED
)
async def get_category_mapping(store: StoreToRead, response: Response) -> CategoriesOut:
    tag(response, store)
    return _categories_out(store)


@router.put(
    "/{store_id}/categories", summary="Set the category mapping", responses=CHANGED
)
async def replace_category_mapping(
    body: CategoriesIn,
    store: StoreToChange,
    tx: Tx,
    caller: Writer,
    response: Response,
) -> CategoriesOut:
    """The newest catalog is imported again. Unmapped categories are not sold."""
    async with record_version(tx.session, store, StorePart.CATEGORIES, caller):
        await configuration.put_categories(tx, store, body.items)
    tag(response, store)
    return _categories_out(store)


def _categories_out(store: Store) -> CategoriesOut:
    items = configuration.categories_of(store)
    mapped = {category_key(item.source) for item in items}
    found = (store.catalog_categories or {}).items()
    return CategoriesOut(
        items=items,
        found_in_catalog=[
            FoundCategoryOut(source=s, rows=rows, mapped=category_key(s) in mapped)
            for s, rows in found
        ],
    )


@router.get("/{store_id}/lights", summary="Read the lights")
async def get_store_lights(
    store: StoreToRead, tx: Tx, settings: CurrentSettings
) -> LightsOut:
    found = await activation.lights(tx.session, store, settings)
    return LightsOut.model_validate(
        {light.name: light_out(light).model_dump() for light in found}
    )


@router.get("/{store_id}/activation", summary="Read the activation")
async def get_activation(store: StoreToRead) -> ActivationOut:
    return _activation(store)


@router.put(
    "/{store_id}/activation",
    summary="Activate a store",
    responses=problem_responses(409, 412),
)
async def activate_store(
    store: StoreToChange, tx: Tx, caller: Writer, settings: CurrentSettings
) -> ActivationOut:
    """Allows the store to publish. 409 names the red lights."""
    was_active = store.active
    await activation.activate(tx.session, store, settings)
    if not was_active:
        await audit.record(
            tx.session,
            caller,
            AuditAction.STORE_ACTIVATED,
            Subject(store.id, store.id, store.account_id),
        )
    return _activation(store)


def _activation(store: Store) -> ActivationOut:
    return ActivationOut(
        active=store.active,
        activated_at=store.activated_at,
        next_offers_at=store.next_offers_at,
        next_products_at=store.next_products_at,
    )
