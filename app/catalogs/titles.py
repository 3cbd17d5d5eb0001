"""Reads the titles of some offers from a store's current catalogs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import market_of
from app.catalogs.engine.pipeline.product_texts import ProductConfig, read_products
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.imports.current_catalogs import catalogs_of
from app.catalogs.imports.next_import import source_of
from app.core.file_storage import Storage
from app.settings import Settings
from app.stores import service as stores
from app.stores.mapping.mapping_model import CatalogMapping


@dataclass(frozen=True, slots=True)
class CatalogTitles:
    """The current catalogs, newest first; `version` changes with them."""

    version: str
    sources: Sequence[SourceFile]
    config: ProductConfig

    def of(self, sku_keys: Sequence[str]) -> dict[str, str]:
        """Titles by SKU key; without those that no readable catalog has. Blocking."""
        found: dict[str, str] = {}
        for source in self.sources:
            left = [key for key in sku_keys if key not in found]
            if left:
                found |= self._in(source, pl.Series(left, dtype=pl.String))
        return found

    def _in(self, source: SourceFile, keys: pl.Series) -> dict[str, str]:
        try:
            with tempfile.TemporaryDirectory(prefix="refeed-titles-") as folder:
                rows = read_products(source, self.config, keys, Path(folder))
        except (CatalogRejectedError, FileNotFoundError):
            return {}
        titled = rows.filter(pl.col("title").is_not_null())
        return dict(titled.select("sku_key", "title").iter_rows())


async def titles_of(
    session: AsyncSession, settings: Settings, storage: Storage, store_id: UUID
) -> CatalogTitles | None:
    """None if the store has no stored catalog, or does not map titles."""
    store = await stores.find(session, store_id)
    mapping = stores.resolved_mapping(store) if store else None
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
    return CatalogTitles(f"{ids} {store.config_version}", sources, config)
