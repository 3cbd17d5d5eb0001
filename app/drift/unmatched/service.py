"""Lists unmatched listings, and decides which of them are set to 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import service as access
from app.access.service import Caller
from app.core.statements import load_statements
from app.database import Transaction
from app.drift.unmatched.schemas import (
    TitlesCompared,
    UnmatchedDecisionIn,
    UnmatchedDecisionOut,
    UnmatchedFilter,
)
from app.offers import service as offers
from app.offers.locks import lock_offers
from app.publications.scheduling import request_quickly
from app.stores.models import Store

_SQL = load_statements(__package__, "queries.sql")


async def list_listings(
    session: AsyncSession,
    store_id: UUID,
    which: UnmatchedFilter,
    after: str | None,
    limit: int,
) -> Sequence[Any]:
    """Listings by SKU; one more than `limit`, if there is one."""
    values = {"store": store_id, "after": after or "", "limit": limit + 1}
    rows = await session.execute(_SQL["list"], values | which.model_dump())
    return rows.all()


async def count(
    session: AsyncSession, store_id: UUID, which: UnmatchedFilter
) -> Mapping[str, int]:
    """How many listings and units match the filter, and how many by decision."""
    values = {"store": store_id, **which.model_dump()}
    return dict((await session.execute(_SQL["totals"], values)).mappings().one())


async def titles_compared(
    session: AsyncSession, store_id: UUID
) -> TitlesCompared | None:
    """When titles were compared to find renames; None if they were not."""
    found = await session.execute(
        text(
            "SELECT checked_at AS at, is_cut AS cut FROM title_check_view "
            "WHERE store_id = :store"
        ),
        {"store": store_id},
    )
    row = found.mappings().one_or_none()
    return TitlesCompared(**row) if row else None


@dataclass(frozen=True, slots=True)
class _Selection:
    """SKU keys of listings, of listings at 0 already, and SKUs without a listing."""

    keys: list[str]
    at_zero: int = 0
    unknown: Sequence[str] = ()


async def decide(
    tx: Transaction, caller: Caller, store: Store, body: UnmatchedDecisionIn
) -> UnmatchedDecisionOut:
    """Ignore listings, or set them to 0 with a publication that starts now.

    The decision is the approval: the brake does not hold these changes. Deciding the
    same twice changes nothing.
    """
    await lock_offers(tx.session, [store.id])
    selected = await _select(tx.session, store.id, body)
    values = {
        "store": store.id,
        "keys": selected.keys,
        "decision": body.decision,
        "decided_by": await access.name_of(tx.session, caller),
    }
    changed = len((await tx.session.execute(_SQL["decide"], values)).all())
    apply = (
        offers.withdraw_unmatched
        if body.decision == "zero"
        else offers.restore_unmatched
    )
    await apply(tx.session, store.id, selected.keys)
    publication_id = None
    if body.decision == "zero" and changed and store.active and store.account_id:
        publication_id = (await request_quickly(tx, store)).id
    return UnmatchedDecisionOut(
        decided=changed,
        unchanged=len(selected.keys) - changed + selected.at_zero,
        unknown=list(selected.unknown),
        publication_id=publication_id,
    )


async def _select(
    session: AsyncSession, store_id: UUID, body: UnmatchedDecisionIn
) -> _Selection:
    if body.skus is not None:
        return await _select_named(session, store_id, body.skus, body.decision)
    which = body.filter or UnmatchedFilter()
    values = {"store": store_id, **which.model_dump()}
    found = await session.execute(_SQL["keys"], values)
    return _Selection(list(found.scalars()))


async def _select_named(
    session: AsyncSession, store_id: UUID, skus: Sequence[str], decision: str
) -> _Selection:
    named = {offers.sku_key(sku): sku for sku in skus}
    values = {"store": store_id, "keys": list(named)}
    keys = list((await session.execute(_SQL["named_keys"], values)).scalars())
    at_zero: set[str] = set()
    if decision == "zero":
        found = await session.execute(_SQL["at_zero"], values)
        at_zero = set(found.scalars()) - set(keys)
    unknown = [sku for key, sku in named.items() if key not in {*keys, *at_zero}]
    return _Selection(keys, len(at_zero), unknown)


async def delete_obsolete(session: AsyncSession, store_id: UUID) -> None:
    """Delete decisions about listings that a row has named since, or that are gone."""
    await session.execute(_SQL["delete_obsolete"], {"store": store_id})
