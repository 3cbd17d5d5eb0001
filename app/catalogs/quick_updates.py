"""Applies quick updates: new stock and prices of existing offers, without a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogs.engine.pipeline.quick_updates import FINGERPRINT, checked_items
from app.catalogs.engine.validate.problems import NOTES, describe, problems_in
from app.catalogs.engine.validate.texts import sku_key
from app.core.columns import utc_now
from app.core.errors import FieldError, InvalidError
from app.core.sql import load_sql
from app.offers.import_sql import store_lock_key
from app.offers.sales import restate

MAX_ITEMS = 1000
CLOCK_TOLERANCE = timedelta(minutes=5)
"""Tolerated clock difference of the sender."""

Outcome = Literal["accepted", "outdated", "unknown", "invalid"]

MESSAGES = {
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
class UpdateItem:
    """One item of a request; amounts as text, None if not given."""

    sku: str
    quantity: str | None
    price: str | None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Outcome of one item. `notes`: how values of an accepted item were understood."""

    sku: str
    outcome: Outcome
    errors: tuple[FieldError, ...] = ()
    notes: tuple[FieldError, ...] = ()


_SQL = load_sql(__package__, "quick_updates.sql", {"fingerprint": FINGERPRINT})
_APPLY = text(_SQL["apply"])
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def submitted_at(
    as_of: datetime | None, field: str = "as_of", delay: timedelta = timedelta(0)
) -> datetime:
    """The time of the data; now, less the delay, unless given.

    Raises InvalidError for a time in the future, which would override all later data.
    """
    now = utc_now()
    if as_of is None:
        return now - delay
    if as_of > now + CLOCK_TOLERANCE:
        message = "The time is in the future."
        wrong = FieldError(field, "in_future", message, f"at most {now.isoformat()}")
        raise InvalidError(message, errors=[wrong])
    return min(as_of, now)


def check(items: Sequence[UpdateItem], currency: str) -> pl.DataFrame:
    """Parse and validate items by the rules of catalogs. Blocking.

    `key` is the SKU as it is compared; `mask` and `code` are the problems.
    """
    text_or_none = dict.fromkeys(("sku", "quantity", "price"), pl.String)
    rows = [(item.sku, item.quantity, item.price) for item in items]
    frame = pl.DataFrame(rows, schema=text_or_none, orient="row").with_columns(
        sku_key(pl.col("sku").str.strip_chars()).alias("key")
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
) -> list[ItemResult]:
    """Apply the valid items to the desired state; results in the order of the items."""
    sound = (pl.col("mask") & ~pl.lit(NOTES, pl.Int64)) == 0
    valid = checked.filter(sound & pl.col("code").is_null())
    # Imports write the same offers.
    await session.execute(_LOCK, {"key": store_lock_key(store_id)})
    rows = await session.execute(
        _APPLY,
        {
            "store": store_id,
            "as_of": as_of,
            "keys": valid["key"].to_list(),
            "quantities": valid["quantity_value"].to_list(),
            "cents": valid["cents"].to_list(),
        },
    )
    codes = {row.sku_key: row.code for row in rows}
    await restate(session, store_id, valid["key"].to_list())
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
) -> ItemResult:
    if code:
        field, message, accepted = MESSAGES[code]
        outcomes: dict[str, Outcome] = {
            "unknown_sku": "unknown",
            "not_for_sale": "unknown",
            "older_than_known": "outdated",
        }
        error = FieldError(field, code, message, accepted)
        return ItemResult(sku, outcomes.get(code, "invalid"), (error,))
    values = {"quantity": said[0], "price": said[1]}
    errors = _field_errors(mask & ~NOTES, values, currency)
    if errors:
        return ItemResult(sku, "invalid", errors)
    return ItemResult(sku, "accepted", (), _field_errors(mask, values, currency))


def _field_errors(
    mask: int, values: Mapping[str, str | None], currency: str
) -> tuple[FieldError, ...]:
    errors = []
    for problem in problems_in(mask):
        value = (values[problem.field] or "")[:100]
        texts = describe(problem.field, problem.code, value, currency)
        errors.append(FieldError(problem.field, problem.code, *texts))
    return tuple(errors)
