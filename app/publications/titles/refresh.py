"""Compares titles again where a catalog or the listings changed since the last time.

Only a mapping with `title` has titles of the catalog. They are read from the file for
the few offers that need them: new ones of a grade that an unmatched listing has, and
listings that refeed did not create, whose EAN is not known.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.account_client import AccountServices
from app.catalogs.titles import CatalogTitles, titles_of
from app.offers import titles
from app.offers.titles import ComparedTitle, Comparison, ComparisonState
from app.publications.titles.similarity import Titled, probable_renames, similarity


async def refresh(services: AccountServices, store_id: UUID) -> None:
    """Compare the titles of a store, unless nothing they depend on has changed.

    No transaction is open while the file is read. May run twice, or at the same time.
    """
    async with services.database.transaction() as tx:
        needed = await _needed(tx.session, services, store_id)
    if needed is None:
        return
    work = needed.comparison
    keys = [*work.imported, *(row.sku_key for row in work.new)]
    known = await needed.catalog.of(keys)
    found = await asyncio.to_thread(_compare, work, known)
    async with services.database.transaction() as tx:
        await titles.replace(tx.session, store_id, needed.state, found)


@dataclass(frozen=True, slots=True)
class _Needed:
    catalog: CatalogTitles
    comparison: Comparison
    state: ComparisonState


async def _needed(
    session: AsyncSession, services: AccountServices, store_id: UUID
) -> _Needed | None:
    """What is to be compared; None if all was compared already."""
    catalog = await titles_of(session, services.settings, services.storage, store_id)
    if catalog is None:
        await titles.forget(session, store_id)
        return None
    state = await titles.changed_state(session, store_id, catalog.version)
    if state is None:
        return None
    return _Needed(catalog, await titles.to_compare(session, store_id), state)


def _compare(work: Comparison, known: Mapping[str, str]) -> list[ComparedTitle]:
    """Compare titles. CPU-bound."""
    return [*_imported(work.imported, known), *_renames(work, known)]


def _imported(live: Mapping[str, str], known: Mapping[str, str]) -> list[ComparedTitle]:
    return [
        ComparedTitle(key, known[key], similarity(known[key], title))
        for key, title in live.items()
        if key in known
    ]


def _renames(work: Comparison, known: Mapping[str, str]) -> list[ComparedTitle]:
    rows = [
        Titled(row.sku_key, row.grade, known[row.sku_key])
        for row in work.new
        if row.sku_key in known
    ]
    listings = [Titled(each.sku_key, each.grade, each.title) for each in work.unmatched]
    return [
        ComparedTitle(each.key, known[each.key], each.similarity, each.renames_key)
        for each in probable_renames(listings, rows)
    ]
