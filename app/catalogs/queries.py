"""Queries of catalogs and row problems."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.catalogs.models import Catalog, RowProblem
from app.core.errors import NotFoundError
from app.offers.service import sku_key
from app.web.pagination import number_in

_ORDER = (col(RowProblem.line), col(RowProblem.field), col(RowProblem.code))


async def get_catalog(
    session: AsyncSession, caller: Caller, catalog_id: UUID
) -> Catalog:
    """The catalog. Raises NotFoundError if absent or not visible to the caller."""
    catalog = await session.get(Catalog, catalog_id)
    if catalog is None or not caller.sees(catalog.store_id):
        raise NotFoundError("The catalog was not found.")
    return catalog


async def list_catalogs(
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
) -> Sequence[RowProblem]:
    """Row problems in file order; a duplicate has the report of its original."""
    query = select(RowProblem).where(_has_report_of(catalog))
    if code:
        query = query.where(RowProblem.code == code)
    if after:
        line, *rest = after
        query = query.where(tuple_(*_ORDER) > tuple_(number_in(line), *rest))
    rows = await session.execute(query.order_by(*_ORDER).limit(limit + 1))
    return rows.scalars().all()


async def problems_of_sku(
    session: AsyncSession, catalog: Catalog, sku: str
) -> Sequence[RowProblem]:
    """Row problems of one SKU in a catalog, at most 20."""
    key, trimmed = sku_key(sku), sku.strip()
    query = select(RowProblem).where(
        _has_report_of(catalog),
        or_(
            func.lower(func.normalize(RowProblem.sku, literal_column("NFC")))
            == func.left(key, 100),
            col(RowProblem.sku) == func.left(trimmed, 100),
        ),
    )
    found = await session.execute(query.order_by(*_ORDER).limit(20))
    return found.scalars().all()


def _has_report_of(catalog: Catalog) -> ColumnElement[bool]:
    return col(RowProblem.catalog_id) == (catalog.duplicate_of or catalog.id)
