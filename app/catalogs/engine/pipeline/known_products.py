"""Collects pairs of EAN and product id of a catalog and of live listings."""

from dataclasses import replace
from uuid import UUID

import polars as pl
import psycopg

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.read.frames import FLAW
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.transform.columns import attribute_text
from app.catalogs.engine.validate.gtin import canonical_gtin, gtin_text
from app.catalogs.engine.validate.offer import product_id
from app.catalogs.engine.validate.product_ids import PAIRS, product_facts
from app.core.sql import load_sql

_KNOWN = load_sql(__package__, "known_products.sql")["known_products"].encode()
NO_PAIRS = pl.DataFrame(schema=PAIRS)


def with_product_facts(
    config: ImportConfig, frame: pl.LazyFrame, known: pl.DataFrame
) -> ImportConfig:
    """The configuration with the facts of a catalog that has both columns."""
    if not _has_product_ids(config):
        return config
    pairs = collected(_pairs(frame, config))
    return replace(config, products=product_facts(pairs, known))


def read_known_products(
    connection: psycopg.Connection, config: ImportConfig, store_id: UUID
) -> pl.DataFrame:
    """PAIRS of listings that the account's stores created by EAN alone."""
    if not _has_product_ids(config):
        return NO_PAIRS
    with connection.transaction():
        found = connection.execute(_KNOWN, [store_id]).fetchall()
    return pl.DataFrame(found, schema=PAIRS, orient="row")


def _has_product_ids(config: ImportConfig) -> bool:
    return {"ean", "product_id"} <= config.mapping.attributes.keys()


def _pairs(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """The distinct PAIRS of the rows that can be read."""
    attributes = config.mapping.attributes
    texts = {name: attribute_text(attributes[name]) for name in ("ean", "product_id")}
    return (
        frame.filter(pl.col(FLAW) == 0)
        .select(**texts)
        .select(
            canonical_gtin(gtin_text(pl.col("ean"))).alias("ean"),
            product_id().alias("product"),
        )
        .drop_nulls()
        .unique()
    )
