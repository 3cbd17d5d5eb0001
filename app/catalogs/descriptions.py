"""Reads product descriptions for some offers from a store's current catalogs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import Environment, market_of
from app.catalogs.engine.pipeline.product_texts import (
    ProductConfig,
    products_in_files,
)
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.imports.current_catalogs import catalogs_of
from app.catalogs.imports.next_import import source_of
from app.catalogs.parsing import import_limits, parse
from app.core.file_storage import Storage
from app.parser_process.limits import ParserLimits
from app.settings import Settings
from app.stores import configuration
from app.stores import service as stores
from app.stores.categories import service as categories
from app.stores.categories.service import snapshot_key
from app.stores.mapping.mapping_model import category_key


@dataclass(frozen=True, slots=True)
class Descriptions:
    """The current catalogs, newest first, and the settings to read products."""

    sources: Sequence[SourceFile]
    config: ProductConfig

    limits: ParserLimits

    async def of(self, sku_keys: Sequence[str]) -> pl.DataFrame:
        """`sku_key`, `product`, `problem` (see `check_products`)."""
        keys = pl.Series(sku_keys, dtype=pl.String)
        with tempfile.TemporaryDirectory(prefix="refeed-products-") as folder:
            return await parse(
                products_in_files,
                Path(folder),
                self.sources,
                self.config,
                keys,
                limits=self.limits,
            )


async def descriptions(
    session: AsyncSession,
    settings: Settings,
    storage: Storage,
    store_id: UUID,
) -> Descriptions | None:
    """None if the store has no stored catalog or no complete mapping."""
    store = await stores.require(session, store_id)
    mapping = configuration.resolved_mapping(store)
    catalogs = [c for c in await catalogs_of(session, store) if c.storage_key]
    if mapping is None or not catalogs:
        return None
    name = snapshot_key(store.country, Environment(store.environment))
    leaves = await categories.leaves(session, *name)
    config = ProductConfig(
        mapping=mapping,
        categories={
            category_key(target.source): target.category_id
            for target in configuration.categories_of(store)
        },
        leaves={number: leaf.attributes for number, leaf in leaves.items()},
        currency=market_of(store.country).currency,
        duplicates=store.duplicate_skus,  # type: ignore[arg-type]
    )
    sources = [source_of(settings, storage, catalog) for catalog in catalogs]
    return Descriptions(sources, config, import_limits(settings, *sources))
