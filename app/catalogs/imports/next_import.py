"""Selects the next catalog of a store to import, and the settings for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.backmarket.markets import market_of
from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.read.source import Hints, ReadLimits, SourceFile
from app.catalogs.imports import current_catalogs
from app.catalogs.imports.import_order import WaitingUpload, next_upload
from app.catalogs.lifecycle import CATALOG
from app.catalogs.models import Catalog
from app.core.file_storage import Storage
from app.settings import Settings
from app.stores import configuration
from app.stores import service as stores
from app.stores.mapping.mapping_model import (
    CatalogMapping,
    CategoryTarget,
    category_key,
)
from app.stores.models import Store

REVIVABLE = frozenset({"missing_column"})
"""Rejections that another mapping can resolve."""


@dataclass(frozen=True, slots=True)
class ImportTask:
    """One catalog to import, and the settings for it."""

    catalog_id: UUID
    store_id: UUID
    source: SourceFile
    as_of: datetime
    """Time of the catalog's data."""
    config: ImportConfig | None
    config_version: int
    duplicate: Catalog | None
    """The current catalog, if it has the same bytes and settings."""
    is_large: bool
    """Whether a worker runs it only while it runs no other large import."""
    is_partial: bool = False
    """Whether SKUs that it does not contain are not changed."""
    sets_columns: bool = True
    """Whether its columns become the store's: no newer upload was read before it."""


async def next_task(
    session: AsyncSession, settings: Settings, storage: Storage, store_id: UUID
) -> ImportTask | None:
    """The next catalog not yet imported, else the newest with outdated settings.

    `next_upload` says which comes next. Later partial catalogs are imported again after
    a full one. None if all are done.
    """
    store = await stores.find(session, store_id)
    if store is None:
        return None
    catalog = await _next_waiting(session, store)
    if catalog is None:
        catalog = await _under_old_settings(session, store)
        if catalog is None:
            return None
    CATALOG.move(catalog, "importing")
    catalog.reason_code = catalog.reason = catalog.accepted = None
    duplicate = await _find_duplicate(session, store, catalog)
    sets_columns = not await _newer_was_read(session, catalog)
    task = _task(settings, storage, store, catalog, duplicate)
    return replace(task, sets_columns=sets_columns)


async def _next_waiting(session: AsyncSession, store: Store) -> Catalog | None:
    """The next catalog that is not imported yet."""
    found = await session.execute(
        select(
            Catalog.id,
            Catalog.mode,
            Catalog.state,
            func.coalesce(Catalog.as_of, Catalog.created_at),
        )
        .where(
            Catalog.store_id == store.id,
            col(Catalog.state).in_(["received", "importing"]),
        )
        .order_by(col(Catalog.id))
    )
    waiting = [
        WaitingUpload(id_, mode == "partial", state == "importing", as_of)
        for id_, mode, state, as_of in found.all()
    ]
    chosen = next_upload(waiting, mapped=_complete_mapping(store) is not None)
    return await session.get_one(Catalog, chosen.id) if chosen else None


async def _newer_was_read(session: AsyncSession, catalog: Catalog) -> bool:
    """Whether a full catalog received later was read before this one's first import.

    It was rejected, and its columns are the store's, as in order of receipt.
    """
    if catalog.mode == "partial" or catalog.config_version is not None:
        return False
    found = await session.execute(
        select(Catalog.id).where(
            Catalog.store_id == catalog.store_id,
            col(Catalog.id) > catalog.id,
            Catalog.mode == "full",
            col(Catalog.columns) != [],
        )
    )
    return found.first() is not None


def _complete_mapping(store: Store) -> CatalogMapping | None:
    """The store's mapping, if a catalog can be imported with it."""
    mapping = configuration.resolved_mapping(store)
    return mapping if mapping and not mapping.missing else None


async def _under_old_settings(session: AsyncSession, store: Store) -> Catalog | None:
    """The full catalog with outdated settings, else the first such partial one."""
    full = await _newest_usable(session, store)
    if full and full.config_version != store.config_version:
        return full
    return await current_catalogs.read_again(session, store)


async def _newest_usable(session: AsyncSession, store: Store) -> Catalog | None:
    """The newest full catalog that the present mapping can read."""
    mapping = configuration.resolved_mapping(store) or CatalogMapping(attributes={})
    found = await session.execute(
        select(Catalog)
        .where(
            Catalog.store_id == store.id,
            Catalog.mode == "full",
            Catalog.state != "superseded",
        )
        .order_by(col(Catalog.id).desc())
        .limit(50)
    )
    for catalog in found.scalars():
        if not catalog.storage_key:  # retention deleted the file
            continue
        if catalog.state in {"ready", "awaiting_mapping"}:
            return catalog
        if catalog.reason_code in REVIVABLE and (
            mapping.of_offers.columns <= set(catalog.columns)
        ):
            return catalog
    return None


async def _find_duplicate(
    session: AsyncSession, store: Store, catalog: Catalog
) -> Catalog | None:
    if store.current_catalog_id in {None, catalog.id} or catalog.mode == "partial":
        return None
    if await current_catalogs.partial_since(session, store):
        return None
    current = await session.get(Catalog, store.current_catalog_id)
    same = (
        current is not None
        and current.state == "ready"
        and current.sha256 == catalog.sha256
        and current.stated == catalog.stated
        and current.media_type == catalog.media_type
        and current.config_version == store.config_version
        and not await _has_quick_updates(session, store.id)
    )
    return current if same else None


async def _has_quick_updates(session: AsyncSession, store_id: UUID) -> bool:
    """Whether offers may differ from the current catalog."""
    found = await session.scalar(
        text("SELECT true FROM quick_update WHERE store_id = :id LIMIT 1"),
        {"id": store_id},
    )
    return bool(found)


def _task(
    settings: Settings,
    storage: Storage,
    store: Store,
    catalog: Catalog,
    duplicate: Catalog | None,
) -> ImportTask:
    mapping = _complete_mapping(store)
    config = None
    if mapping:
        targets = configuration.categories_of(store)
        partial = catalog.mode == "partial"
        config = config_of(store, mapping, targets, partial=partial)
    source = source_of(settings, storage, catalog)
    large = catalog.size_bytes > settings.large_catalog_bytes
    return ImportTask(
        catalog_id=catalog.id,
        store_id=store.id,
        source=source,
        as_of=catalog.as_of or catalog.created_at,
        config=config,
        config_version=store.config_version,
        duplicate=duplicate,
        is_large=large,
        is_partial=catalog.mode == "partial",
    )


def config_of(
    store: Store,
    mapping: CatalogMapping,
    targets: Sequence[CategoryTarget],
    *,
    partial: bool = False,
) -> ImportConfig:
    """Import settings of a store; `mapping` is resolved for its country."""
    return ImportConfig(
        mapping=mapping.of_offers,
        categories={
            category_key(target.source): target.category_id for target in targets
        },
        commissions=_commissions(mapping, targets),
        currency=market_of(store.country).currency,
        duplicates=store.duplicate_skus,  # type: ignore[arg-type]
        invalid_rows=store.invalid_rows,  # type: ignore[arg-type]
        partial=partial,
    )


def _commissions(
    mapping: CatalogMapping, targets: Sequence[CategoryTarget]
) -> dict[str, int]:
    """Commissions by category; empty without a mapped cost, which needs them."""
    if "cost" not in mapping.attributes:
        return {}
    return {category_key(t.source): int(t.cpa * 100) for t in targets}


def source_of(settings: Settings, storage: Storage, catalog: Catalog) -> SourceFile:
    """The stored file of a catalog with its stated properties."""
    return SourceFile(
        path=storage.path(catalog.storage_key),
        media_type=catalog.media_type,
        filename=catalog.filename,
        hints=Hints(**catalog.stated),
        limits=ReadLimits(max_expanded_bytes=settings.max_expanded_bytes),
    )
