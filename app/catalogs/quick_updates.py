"""Applies quick updates: new stock and prices of existing offers, without a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.engine.pipeline.quick_updates import FINGERPRINT, checked_items
from app.catalogs.engine.validate.problems import describe, problems_in
from app.core.columns import utc_now
from app.core.errors import FieldError, InvalidError
from app.offers.import_lock import store_lock_key

MOST_ITEMS = 1000
AHEAD = timedelta(minutes=5)
"""Tolerated clock difference of the sender."""

Outcome = Literal["accepted", "outdated", "unknown", "invalid"]

WORDS = {
    "unknown_sku": (
        "sku",
        "The store has never had an offer with this SKU.",
        "a SKU of the store's newest catalog",
    ),
    "not_for_sale": (
        "sku",
        "The newest catalog does not have this SKU, or its category is not mapped.",
        "a SKU of the store's newest catalog",
    ),
    "row_invalid": (
        "price",
        "The SKU's row in the newest catalog is not valid: only its stock can change.",
        "`quantity` alone, or a catalog with a valid row",
    ),
    "min_price_above_price": (
        "price",
        "The price is below the minimum price of the offer.",
        "at least the minimum price",
    ),
    "older_than_known": (
        "as_of",
        "The offer already has newer data from a catalog or an update.",
        "a later `as_of`",
    ),
    "duplicate_sku": (
        "sku",
        "More than one item has the SKU.",
        "each SKU once; SKUs are case-insensitive",
    ),
    "nothing_given": (
        "quantity",
        "The item has neither a quantity nor a price.",
        "`quantity`, `price` or both",
    ),
}
"""Field, message and accepted values of codes that are not row problems."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One item of a request; amounts as text, None if not given."""

    sku: str
    quantity: str | None
    price: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one item."""

    sku: str
    outcome: Outcome
    errors: tuple[FieldError, ...] = ()


_APPLY = text(
    f"""
    WITH given AS (
      SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:quantities AS int[]),
                           CAST(:cents AS bigint[])) AS g (sku_key, quantity, cents)
    ),
    in_force AS (
      SELECT coalesce(c.as_of, c.created_at) AS as_of
        FROM store AS s JOIN catalog AS c ON c.id = s.current_catalog_id
       WHERE s.id = :store
    ),
    seen AS (
      SELECT g.sku_key, o.fingerprint, g.quantity, g.cents / 100.0 AS price,
             o.desired_state, o.min_price,
             g.quantity IS NOT NULL AND :as_of >= greatest(
               q.quantity_at, (SELECT as_of FROM in_force)) IS NOT FALSE AS d_quantity,
             g.cents IS NOT NULL AND :as_of >= greatest(
               q.price_at, (SELECT as_of FROM in_force)) IS NOT FALSE AS d_price
        FROM given AS g
        LEFT JOIN offer AS o ON o.store_id = :store AND o.sku_key = g.sku_key
        LEFT JOIN quick_update AS q
               ON q.store_id = :store AND q.sku_key = g.sku_key
    ),
    judged AS (
      SELECT *, CASE
          WHEN desired_state IS NULL THEN 'unknown_sku'
          WHEN desired_state = 'absent' OR fingerprint IS NULL THEN 'not_for_sale'
          WHEN desired_state = 'retained' AND price IS NOT NULL THEN 'row_invalid'
          WHEN price < min_price THEN 'min_price_above_price'
          WHEN NOT (d_quantity OR d_price) THEN 'older_than_known'
        END AS code
        FROM seen
    ),
    kept AS (
      INSERT INTO quick_update AS q (store_id, sku_key, over, quantity, quantity_at,
                                     price, price_at)
      SELECT :store, sku_key, fingerprint,
             CASE WHEN d_quantity THEN quantity END,
             CASE WHEN d_quantity THEN CAST(:as_of AS timestamptz) END,
             CASE WHEN d_price THEN price END,
             CASE WHEN d_price THEN CAST(:as_of AS timestamptz) END
        FROM judged WHERE code IS NULL ORDER BY sku_key
      ON CONFLICT (store_id, sku_key) DO UPDATE SET
             quantity = CASE WHEN excluded.quantity_at IS NULL THEN q.quantity
                             ELSE excluded.quantity END,
             quantity_at = coalesce(excluded.quantity_at, q.quantity_at),
             price = CASE WHEN excluded.price_at IS NULL THEN q.price
                          ELSE excluded.price END,
             price_at = coalesce(excluded.price_at, q.price_at)
      RETURNING q.*
    ),
    changed AS (
      UPDATE offer AS o SET
             quantity = coalesce(q.quantity, o.quantity),
             price = coalesce(q.price, o.price), fingerprint = {FINGERPRINT}
        FROM kept AS q WHERE o.store_id = :store AND o.sku_key = q.sku_key
    )
    SELECT sku_key, code FROM judged
    """  # noqa: S608 - a constant
)
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def submitted_at(as_of: datetime | None, field: str = "as_of") -> datetime:
    """The time of the data, now unless given.

    Raises InvalidError for a time in the future, which would override all later data.
    """
    now = utc_now()
    if as_of is None:
        return now
    if as_of > now + AHEAD:
        message = "The time is in the future."
        wrong = FieldError(field, "in_future", message, f"at most {now.isoformat()}")
        raise InvalidError(message, errors=[wrong])
    return min(as_of, now)


def check(items: Sequence[Wish], currency: str) -> pl.DataFrame:
    """Parse and validate items by the rules of catalogs. Blocking.

    `key` is the SKU in lower case; `mask` and `code` are the problems.
    """
    text_or_none = dict.fromkeys(("sku", "quantity", "price"), pl.String)
    rows = [(wish.sku, wish.quantity, wish.price) for wish in items]
    frame = pl.DataFrame(rows, schema=text_or_none, orient="row").with_columns(
        pl.col("sku").str.strip_chars().str.to_lowercase().alias("key")
    )
    twice = pl.col("key").is_duplicated()
    nothing = pl.col("quantity").is_null() & pl.col("price").is_null()
    return checked_items(frame, currency).with_columns(
        pl.when(twice)
        .then(pl.lit("duplicate_sku"))
        .when(nothing)
        .then(pl.lit("nothing_given"))
        .alias("code")
    )


async def apply(
    session: AsyncSession,
    store_id: UUID,
    checked: pl.DataFrame,
    as_of: datetime,
    currency: str,
) -> list[Result]:
    """Apply the valid items to the desired state; results in the order of the items."""
    sound = checked.filter((pl.col("mask") == 0) & pl.col("code").is_null())
    # Imports write the same offers.
    await session.execute(_LOCK, {"key": store_lock_key(store_id)})
    rows = await session.execute(
        _APPLY,
        {
            "store": store_id,
            "as_of": as_of,
            "keys": sound["key"].to_list(),
            "quantities": sound["quantity_value"].to_list(),
            "cents": sound["cents"].to_list(),
        },
    )
    codes = {row.sku_key: row.code for row in rows}
    columns = checked.select("sku", "key", "mask", "code", "quantity", "price")
    return [
        _result(sku, code or codes.get(key), mask, (quantity, price), currency)
        for sku, key, mask, code, quantity, price in columns.iter_rows()
    ]


def _result(
    sku: str,
    code: str | None,
    mask: int,
    said: tuple[str | None, str | None],
    currency: str,
) -> Result:
    if code:
        field, message, accepted = WORDS[code]
        outcomes: dict[str, Outcome] = {
            "unknown_sku": "unknown",
            "not_for_sale": "unknown",
            "older_than_known": "outdated",
        }
        error = FieldError(field, code, message, accepted)
        return Result(sku, outcomes.get(code, "invalid"), (error,))
    if not mask:
        return Result(sku, "accepted")
    values = {"quantity": said[0], "price": said[1]}
    errors = []
    for problem in problems_in(mask):
        value = (values[problem.field] or "")[:100]
        words = describe(problem.field, problem.code, value, currency)
        errors.append(FieldError(problem.field, problem.code, *words))
    return Result(sku, "invalid", tuple(errors))
