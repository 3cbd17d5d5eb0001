"""Reads the titles of some offers from a store's current catalogs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import market_of
from app.catalogs.engine.pipeline.product_texts import ProductConfig, titles_in_files
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.imports.current_catalogs import catalogs_of
from app.catalogs.imports.next_import import source_of
from app.catalogs.parsing import import_limits, parse
from app.core.file_storage import Storage
from app.parser_process.limits import ParserLimits
from app.settings import Settings
from app.stores import configuration
from app.stores import service as stores
from app.stores.mapping.mapping_model import CatalogMapping


@dataclass(frozen=True, slots=True)
class CatalogTitles:
    """The current catalogs, newest first; `version` changes with them."""

    version: str
    sources: Sequence[SourceFile]
    config: ProductConfig

    limits: ParserLimits

    async def of(self, sku_keys: Sequence[str]) -> dict[str, str]:
        """Titles by SKU key; without those that no readable catalog has."""
        with tempfile.TemporaryDirectory(prefix="refeed-titles-") as folder:
            try:
                return await parse(
                    titles_in_files,
                    Path(folder),
                    self.sources,
                    self.config,
                    list(sku_keys),
                    limits=self.limits,
                )
            except CatalogRejectedError:
                return {}


async def titles_of(
    session: AsyncSession, settings: Settings, storage: Storage, store_id: UUID
) -> CatalogTitles | None:
    """None if the store has no stored catalog, or does not map titles."""
    store = await stores.find(session, store_id)
    mapping = configuration.resolved_mapping(store) if store else None
    if not store or not mapping or not {"sku", "title"} <= mapping.attributes.keys():
        return None
    catalogs = [c for c in await catalogs_of(session, store) if c.storage_key]
    if not catalogs:
        return None
    named = {name: mapping.attributes[name] for name in ("sku", "title")}
    config = ProductConfig(
        mapping=CatalogMapping(attributes=named, filters=[]),
        categories={},
        leaves={},
        currency=market_of(store.country).currency,
        duplicates=store.duplicate_skus,  # type: ignore[arg-type]
    )
    sources = [source_of(settings, storage, catalog) for catalog in catalogs]
    ids = " ".join(str(catalog.id) for catalog in catalogs)
    version = f"{ids} {store.config_version}"
    return CatalogTitles(version, sources, config, import_limits(settings, *sources))
