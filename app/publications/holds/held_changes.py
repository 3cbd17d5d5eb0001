"""Stores what the brake held, by offer and exact content, and the decisions on it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.offers.service import sku_key
from app.publications.enums import OTHER_MARKET_CODES

BRAKE_CODES = (
    "brake_zeroing",
    "brake_price",
    "brake_price_wave",
    "brake_shrunk",
    "brake_column_empty",
)
"""Codes that an operator can approve. The others name what must change first."""
ACCOUNT_CODES = tuple(OTHER_MARKET_CODES.values())
"""Codes of held changes that a setting of the seller account decides, for all."""
_ACCOUNT_CODES = {"account_codes": list(ACCOUNT_CODES)}

_SQL = load_statements(__package__, "held_changes.sql")


async def delete_obsolete(session: AsyncSession, store_id: UUID) -> None:
    """Delete held changes that were sent or are no longer desired."""
    await session.execute(_SQL["delete_obsolete"], {"store": store_id})


async def store_holds(
    session: AsyncSession, store_id: UUID, publication_id: UUID, hold_for: timedelta
) -> None:
    """Store what a publication's plan held; valid decisions on equal content stay."""
    values: dict[str, Any] = {
        "store": store_id,
        "publication": publication_id,
        "hold_for": hold_for,
    }
    values |= {"codes": [*BRAKE_CODES, *ACCOUNT_CODES], **_ACCOUNT_CODES}
    await session.execute(_SQL["upsert"], values)


async def newly_held(
    session: AsyncSession, store_id: UUID, publication_id: UUID
) -> dict[str, int]:
    """How many changes the plan holds that were not held before, by code.

    Called after `store_holds`, in its transaction, and before the codes of offers are
    updated.
    """
    values: dict[str, Any] = {
        "store": store_id,
        "publication": publication_id,
        "account_codes": list(ACCOUNT_CODES),
    }
    rows = await session.execute(_SQL["newly_held"], values)
    return {row.code: row.changes for row in rows}


async def decide(  # noqa: PLR0913 - what is decided about which held changes
    session: AsyncSession,
    store_id: UUID,
    publication_id: UUID,
    state: str,
    hold_for: timedelta,
    *,
    by: str,
    codes: Sequence[str] = BRAKE_CODES,
    skus: Sequence[str] | None = None,
) -> Any:  # noqa: ANN401 - a row
    """Approve or reject what a publication held and what is still held.

    An earlier decision is changed only by SKU. Returns how many changes were `named`
    and `decided`, how many named SKUs are held for another reason than the brake
    (`not_decidable`), and whether one was held because of the catalog (`by_catalog`).
    """
    keys = None if skus is None else [sku_key(sku) for sku in skus]
    found = await session.execute(
        _SQL["decide"],
        {
            "store": store_id,
            "publication": publication_id,
            "state": state,
            "by": by,
            "hold_for": hold_for,
            "codes": list(codes),
            "brake_codes": list(BRAKE_CODES),
            "keys": keys,
            **_ACCOUNT_CODES,
        },
    )
    return found.one()


async def decisions_on(
    session: AsyncSession, store_id: UUID, key: str
) -> Sequence[Any]:
    """The last decisions on changes of an offer, by its SKU key; newest first."""
    values = {"store": store_id, "key": key}
    return (await session.execute(_SQL["decisions"], values)).all()


async def list_holds(
    session: AsyncSession,
    store_id: UUID,
    filters: Mapping[str, str],
    after: Sequence[str] | None,
    limit: int,
) -> Sequence[Any]:
    """Held changes by SKU; filters by `state` and `code`."""
    sku_key, kind = after or ("", "")
    rows = await session.execute(
        _SQL["list"],
        {
            "store": store_id,
            "sku_key": sku_key,
            "kind": kind,
            "limit": limit + 1,
            "state": filters.get("state"),
            "code": filters.get("code"),
        },
    )
    return rows.all()
