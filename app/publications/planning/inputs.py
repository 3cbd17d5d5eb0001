"""Gathers what a plan is made with: budget, brake, margin, and the newest catalog."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.budget import lines_left, reserve_of
from app.accounts.service import Limits
from app.accounts.shared_stock import SharedQuantity
from app.publications.planning.brake import CatalogFacts, doubts
from app.publications.planning.request import DETAIL_LIMIT, Guard, PlanRequest
from app.stores.history import service as history
from app.stores.models import Store
from app.stores.settings.brake import Brake
from app.stores.settings.margin import margin_of


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom a plan is made, and what it may spend."""

    subject_id: UUID
    account_id: UUID
    siblings: list[UUID]
    limits: Limits
    policy: SharedQuantity
    single_max: int
    detail: int = DETAIL_LIMIT
    urgent: bool = False


async def plan_request(
    session: AsyncSession, store: Store, terms: Terms
) -> PlanRequest:
    """What the plan of a store's offers is made with, as it is now."""
    used = await accounts.lines_used(session, terms.account_id)
    return PlanRequest(
        publication_id=terms.subject_id,
        store_id=store.id,
        siblings=terms.siblings,
        policy=terms.policy,
        lines=lines_left(terms.limits.lines_per_hour, used),
        reserve=reserve_of(terms.limits.lines_per_hour),
        urgent=terms.urgent,
        single_max=terms.single_max,
        products=store.publish_products,
        detail=terms.detail,
        guard=await _guard(session, store),
    )


async def _guard(session: AsyncSession, store: Store) -> Guard:
    brake = Brake.model_validate(store.brake or {})
    newest = await _facts_now(session, store)
    doubted = doubts(brake, _facts(store.brake_reference), _facts(newest))
    return Guard(brake, margin_of(store.minimum_margin), doubted)


async def _facts_now(session: AsyncSession, store: Store) -> dict[str, Any] | None:
    found = await session.execute(
        text("SELECT counts, empty_fields FROM catalog WHERE id = :id"),
        {"id": store.current_catalog_id},
    )
    row = found.one_or_none()
    if row is None:
        return None
    return {"rows": row.counts.get("rows", 0), "empty": row.empty_fields or []}


def _facts(told: dict[str, Any] | None) -> CatalogFacts | None:
    return CatalogFacts(told["rows"], frozenset(told["empty"])) if told else None


async def trust_catalog(session: AsyncSession, store: Store) -> None:
    """The newest catalog is what the next one is compared with."""
    newest = await _facts_now(session, store)
    if newest is not None:
        store.brake_reference = newest


async def versions_of(session: AsyncSession, store: Store) -> dict[str, Any]:
    """What a plan was made with; `settings`, `mapping`, `categories` as ever set."""
    catalog = store.current_catalog_id
    return {
        "store": store.version,
        "catalog_id": str(catalog) if catalog else None,
        **await history.numbers(session, store.id),
    }
