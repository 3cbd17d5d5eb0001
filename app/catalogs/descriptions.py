"""What a store's newest catalog says of the products behind some of its offers."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import Environment, market_of
from app.catalogs.agenda import source_of
from app.catalogs.engine.products import (
    ProductConfig,
    check_products,
    read_products,
)
from app.catalogs.engine.source import SourceFile
from app.catalogs.models import Catalog
from app.settings import Settings
from app.storage import Storage
from app.stores import service as stores
from app.stores.mapping import category_key
from app.stores.models import Store
from app.stores.tree import service as tree
from app.stores.tree.service import tree_name


@dataclass(frozen=True, slots=True)
class Descriptions:
    """The catalog in force and how its columns describe products."""

    source: SourceFile
    config: ProductConfig

    def of(self, sku_keys: Sequence[str]) -> pl.DataFrame:
        """`sku_key`, `product`, `problem` (see `check_products`); for a thread."""
        keys = pl.Series(sku_keys, dtype=pl.String)
        with tempfile.TemporaryDirectory(prefix="refeed-products-") as folder:
            texts = read_products(self.source, self.config, keys, Path(folder))
        return check_products(texts, self.config)


async def descriptions(
    session: AsyncSession,
    settings: Settings,
    storage: Storage,
    store_id: UUID,
) -> Descriptions | None:
    """None where the store has no catalog or no mapping in force."""
    store = await session.get_one(Store, store_id)
    mapping = stores.mapping_in_force(store)
    if mapping is None or store.current_catalog_id is None:
        return None
    catalog = await session.get(Catalog, store.current_catalog_id)
    if catalog is None or not catalog.storage_key:
        return None
    name = tree_name(store.country, Environment(store.environment))
    leaves = await tree.leaves(session, *name)
    config = ProductConfig(
        mapping=mapping,
        categories={
            category_key(target.source): target.category_id
            for target in stores.categories_of(store)
        },
        leaves={number: leaf.attributes for number, leaf in leaves.items()},
        currency=market_of(store.country).currency,
        duplicates=store.duplicate_skus,  # type: ignore[arg-type]
    )
    return Descriptions(source_of(settings, storage, catalog), config)
