"""Queries of catalogs, row problems and offers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.catalogs.models import Catalog
from app.core.errors import NotFoundError
from app.stores.settings.margin import FLOOR, Margin
from app.web.pagination import number_in

UNAPPLIED = (
    "dirty AND NOT in_error AND desired_state <> 'retained' "
    "AND (problems = 0 OR listed) "
    "AND publication_state IS DISTINCT FROM 1 "
    """AND coalesce(drift @? '$.*.kind ? (@ == "not_applied")', false)"""
)
"""Accepted by Back Market but not shown by the listing: will be sent again."""
OFFER_STATES = {
    "in_error": "in_error",
    "invalid": "NOT in_error "
    "AND (desired_state = 'retained' OR (problems <> 0 AND NOT listed))",
    "awaiting_validation": "desired_state = 'active' AND listed "
    "AND publication_state = 1 AND NOT in_error",
    "unconfirmed": UNAPPLIED,
    "pending": f"NOT ({UNAPPLIED}) AND dirty AND NOT in_error "
    "AND desired_state <> 'retained' AND NOT (listed "
    "AND desired_state = 'active' AND publication_state IS NOT DISTINCT FROM 1)",
    "withdrawn": "desired_state = 'absent' AND listed AND NOT dirty AND NOT in_error",
    "not_wanted": "desired_state = 'absent' AND NOT listed "
    "AND problems = 0 AND NOT in_error",
    "published": "desired_state = 'active' AND NOT dirty AND NOT in_error "
    "AND publication_state IS DISTINCT FROM 1",
}


_OFFERS = f"""
SELECT o.*, confirmed_at, drift, {FLOOR} AS floor
  FROM offer AS o LEFT JOIN offer_check AS k USING (store_id, sku_key)
 WHERE store_id = :id"""  # noqa: S608 - a constant


async def visible(session: AsyncSession, caller: Caller, catalog_id: UUID) -> Catalog:
    """The catalog. Raises NotFoundError if absent or not visible to the caller."""
    catalog = await session.get(Catalog, catalog_id)
    if catalog is None or not caller.sees(catalog.store_id):
        raise NotFoundError("The catalog was not found.")
    return catalog


async def listed(
    session: AsyncSession, store_id: UUID, before: UUID | None, limit: int
) -> Sequence[Catalog]:
    """Catalogs of a store, newest first; one more than `limit` if there are more."""
    query = (
        select(Catalog)
        .where(Catalog.store_id == store_id)
        .order_by(col(Catalog.id).desc())
        .limit(limit + 1)
    )
    if before:
        query = query.where(col(Catalog.id) < before)
    return (await session.execute(query)).scalars().all()


async def problems(
    session: AsyncSession,
    catalog: Catalog,
    code: str | None,
    after: tuple[str, ...] | None,
    limit: int,
) -> Sequence[Any]:
    """Row problems in file order; a duplicate has the report of its original."""
    where = " AND code = :code" if code else ""
    if after:
        where += " AND (line, field, code) > (:line, :field, :last_code)"
    line, field, last_code = after or ("0", "", "")
    last_line = number_in(line)
    rows = await session.execute(
        text(
            f"SELECT * FROM catalog_problem WHERE catalog_id = :id{where} "  # noqa: S608 - constants
            "ORDER BY line, field, code LIMIT :limit"
        ),
        {
            "id": catalog.same_as or catalog.id,
            "code": code,
            "line": last_line,
            "field": field,
            "last_code": last_code,
            "limit": limit + 1,
        },
    )
    return rows.all()


async def offers(  # noqa: PLR0913, PLR0917 - filters of a list
    session: AsyncSession,
    store_id: UUID,
    state: str | None,
    after: str | None,
    limit: int,
    margin: Margin,
) -> Sequence[Any]:
    """Offers by SKU, all or in one state, each with its floor."""
    where = f" AND {OFFER_STATES[state]}" if state else ""
    rows = await session.execute(
        text(f"{_OFFERS}{where} AND sku_key > :after ORDER BY sku_key LIMIT :limit"),
        {"id": store_id, "after": after or "", "limit": limit + 1, **margin.values},
    )
    return rows.all()


async def offer(session: AsyncSession, store_id: UUID, sku: str, margin: Margin) -> Any:  # noqa: ANN401 - a row
    """The offer with this SKU, case-insensitive, with its floor; None if none."""
    found = await session.execute(
        text(f"{_OFFERS} AND sku_key = :key"),
        {"id": store_id, "key": sku_key(sku), **margin.values},
    )
    return found.one_or_none()


def sku_key(sku: str) -> str:
    """Normalize a SKU for comparison: trimmed, lower case."""
    return sku.strip().lower()


async def problems_of_sku(
    session: AsyncSession, catalog: Catalog, sku: str
) -> Sequence[Any]:
    """Row problems of one SKU in a catalog, at most 20."""
    found = await session.execute(
        text(
            "SELECT * FROM catalog_problem WHERE catalog_id = :id "
            "AND (lower(sku) = left(:key, 100) OR sku = left(:sku, 100)) "
            "ORDER BY line, field, code LIMIT 20"
        ),
        {
            "id": catalog.same_as or catalog.id,
            "key": sku_key(sku),
            "sku": sku.strip(),
        },
    )
    return found.all()
