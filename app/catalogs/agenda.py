"""Which catalog of a store is imported next, and under which settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.backmarket.markets import market_of
from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.source import Hints, Limits, SourceFile
from app.catalogs.models import Catalog
from app.settings import Settings
from app.storage import Storage
from app.stores import service as stores
from app.stores.mapping import CategoryTarget, Mapping, category_key
from app.stores.models import Store

REVIVABLE = frozenset({"missing_column"})
"""Rejections that another mapping can heal."""


@dataclass(frozen=True, slots=True)
class Task:
    """One catalog to import, with the settings it is imported under."""

    catalog_id: UUID
    store_id: UUID
    source: SourceFile
    config: ImportConfig | None
    config_version: int
    twin: Catalog | None
    """The catalog in force with the same bytes and settings, if there is one."""
    is_large: bool
    """Whether a worker imports it only when it imports no other large one."""


async def next_task(
    session: AsyncSession, settings: Settings, storage: Storage, store_id: UUID
) -> Task | None:
    """The oldest catalog not yet looked at, else the newest under new settings."""
    store = await session.get(Store, store_id)
    if store is None:
        return None
    waiting = (
        select(Catalog)
        .where(
            Catalog.store_id == store_id,
            col(Catalog.state).in_(["received", "importing"]),
        )
        .order_by(col(Catalog.id))
        .limit(1)
    )
    catalog = (await session.execute(waiting)).scalars().first()
    if catalog is None:
        catalog = await _newest_usable(session, store)
        if catalog is None or catalog.config_version == store.config_version:
            return None
    catalog.state = "importing"
    catalog.reason_code = catalog.reason = catalog.accepted = None
    twin = await _twin(session, store, catalog)
    return _task(settings, storage, store, catalog, twin)


async def _newest_usable(session: AsyncSession, store: Store) -> Catalog | None:
    """The newest catalog that the present mapping can read."""
    mapping = stores.mapping_of(store) or Mapping(attributes={})
    found = await session.execute(
        select(Catalog)
        .where(Catalog.store_id == store.id)
        .order_by(col(Catalog.id).desc())
        .limit(50)
    )
    for catalog in found.scalars():
        if not catalog.storage_key:  # housekeeping has let go of the file
            continue
        if catalog.state in {"ready", "awaiting_mapping"}:
            return catalog
        if catalog.reason_code in REVIVABLE and (
            mapping.of_offers.columns <= set(catalog.columns)
        ):
            return catalog
    return None


async def _twin(
    session: AsyncSession, store: Store, catalog: Catalog
) -> Catalog | None:
    if store.current_catalog_id in {None, catalog.id}:
        return None
    current = await session.get(Catalog, store.current_catalog_id)
    same = (
        current is not None
        and current.state == "ready"
        and current.sha256 == catalog.sha256
        and current.given == catalog.given
        and current.media_type == catalog.media_type
        and current.config_version == store.config_version
    )
    return current if same else None


def _task(
    settings: Settings,
    storage: Storage,
    store: Store,
    catalog: Catalog,
    twin: Catalog | None,
) -> Task:
    mapping = stores.mapping_of(store)
    config = None
    if mapping and not mapping.missing:
        targets = stores.categories_of(store)
        config = ImportConfig(
            mapping=mapping.of_offers,
            categories={category_key(t.source): t.category_id for t in targets},
            commissions=_commissions(mapping, targets),
            currency=market_of(store.country).currency,
            duplicates=store.duplicate_skus,  # type: ignore[arg-type]
            invalid_rows=store.invalid_rows,  # type: ignore[arg-type]
        )
    source = source_of(settings, storage, catalog)
    large = catalog.size_bytes > settings.large_catalog_bytes
    return Task(catalog.id, store.id, source, config, store.config_version, twin, large)


def _commissions(mapping: Mapping, targets: Sequence[CategoryTarget]) -> dict[str, int]:
    """Only where a cost makes them matter: else they decide nothing about a row."""
    if "cost" not in mapping.attributes:
        return {}
    return {category_key(t.source): int(t.cpa * 100) for t in targets}


def source_of(settings: Settings, storage: Storage, catalog: Catalog) -> SourceFile:
    """The stored file of a catalog, and what was said of it."""
    return SourceFile(
        path=storage.path(catalog.storage_key),
        media_type=catalog.media_type,
        filename=catalog.filename,
        hints=Hints(**catalog.given),
        limits=Limits(max_expanded_bytes=settings.max_expanded_bytes),
    )
