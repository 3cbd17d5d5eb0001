"""Applies quick updates, which override stock and prices of the current catalog.

An offer with a quick update has its values and a fingerprint that no row has, so that
every import compares it again. `base_fingerprint` is that of the catalog row.
"""

from datetime import datetime
from uuid import UUID

import polars as pl
import psycopg

from app.backmarket.markets import WITHOUT_DECIMALS
from app.catalogs.engine.validate import numbers
from app.catalogs.engine.validate.money import Flaw, MoneyRule, money
from app.catalogs.engine.validate.offer import MONEY_CODES, is_not_whole
from app.catalogs.engine.validate.problems import bit
from app.core.sql import load_sql

QUICK_UPDATE_SCHEMA = {"sku_key": pl.String, "base_fingerprint": pl.Int64}

_SQL = {
    name: statement.encode()
    for name, statement in load_sql(__package__, "quick_updates.sql").items()
}
FINGERPRINT = _SQL["fingerprint"].decode()
"""Expression for the fingerprint of an offer with a quick update `q`."""


def checked_items(items: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Parse `quantity` and `price` (text, null: not given) by the rules of catalogs.

    Adds `quantity_value`, `cents` and the problem `mask`.
    """
    price = money(pl.col("price"), MoneyRule(currency))
    read = items.with_columns(
        numbers.quantity(pl.col("quantity")).alias("quantity_read"),
        price.alias("price_read"),
    )
    price_bit = bit("price", MONEY_CODES[Flaw.FORMAT])
    problems = pl.col("quantity_read").struct.field("problems")
    given = pl.col("quantity").is_not_null()
    cents = pl.col("price_read").struct.field("cents")
    not_whole = is_not_whole(cents) & pl.lit(currency in WITHOUT_DECIMALS)
    return read.with_columns(
        pl.col("quantity_read")
        .struct.field("value")
        .clip(lower_bound=0)
        .alias("quantity_value"),
        cents.alias("cents"),
        (
            pl.when(given).then(problems).otherwise(0)
            + pl.col("price_read").struct.field("flaw") * price_bit
            + not_whole.cast(pl.Int64) * bit("price", "price_not_whole")
        ).alias("mask"),
    ).drop("quantity_read", "price_read")


def read_quick_updates(connection: psycopg.Connection, store_id: UUID) -> pl.DataFrame:
    """The store's quick updates: offer keys and fingerprints of their catalog rows."""
    with connection.transaction():
        rows = connection.execute(
            "SELECT sku_key, base_fingerprint FROM quick_update WHERE store_id = %s",
            [store_id],
        ).fetchall()
    return pl.DataFrame(rows, schema=QUICK_UPDATE_SCHEMA, orient="row")


def has_unseen_quick_updates(
    connection: psycopg.Connection,
    store_id: UUID,
    as_of: datetime,
    seen: pl.DataFrame,
) -> bool:
    """Whether an unseen quick update is older than the catalog, which replaces it.

    The import must then compare its row too. The caller holds the store's lock.
    """
    rows = connection.execute(
        "SELECT sku_key FROM quick_update WHERE store_id = %s "
        "AND least(quantity_at, price_at) < %s",
        [store_id, as_of],
    ).fetchall()
    return not {key for (key,) in rows} <= set(seen["sku_key"])


def delete_older_values(
    connection: psycopg.Connection,
    store_id: UUID,
    as_of: datetime,
    named: pl.Series | None = None,
) -> None:
    """Delete quick values that are older than the catalog.

    A partial catalog replaces only those of the SKUs that it contains (`named`).
    """
    keys = None if named is None else named.to_list()
    values = {"store": store_id, "as_of": as_of, "named": keys}
    connection.execute(_SQL["clear_older_values"], values)
    connection.execute(_SQL["delete_empty"], values)


def override_incoming(connection: psycopg.Connection, store_id: UUID) -> None:
    """Override the rows in `incoming` with the remaining quick values."""
    values = {"store": store_id}
    connection.execute(_SQL["set_base_fingerprint"], values)
    connection.execute(_SQL["override_incoming"], values)
