"""Loads the inputs of a plan: budget, brake, margin, and the newest catalog."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import line_budget
from app.accounts.budget import lines_left, reserve_of
from app.accounts.service import Limits
from app.accounts.shared_stock import SharedQuantity
from app.publications.planning.brake import CatalogFacts, check_catalog
from app.publications.planning.request import DETAIL_LIMIT, Guard, PlanRequest
from app.stores.catalog_facts import set_brake_reference
from app.stores.history import service as history
from app.stores.models import Store
from app.stores.settings.brake import Brake
from app.stores.settings.margin import margin_of


@dataclass(frozen=True, slots=True)
class Terms:
    """For which account a plan is made, and with which limits."""

    subject_id: UUID
    account_id: UUID
    siblings: list[UUID]
    limits: Limits
    policy: SharedQuantity
    single_max: int
    detail: int = DETAIL_LIMIT
    priority: bool = False
    leaving: bool = False


async def plan_request(
    session: AsyncSession, store: Store, terms: Terms
) -> PlanRequest:
    """The plan request for a store's offers, from its present settings and budget."""
    used = await line_budget.lines_used(session, terms.account_id)
    return PlanRequest(
        publication_id=terms.subject_id,
        store_id=store.id,
        account_id=terms.account_id,
        siblings=terms.siblings,
        policy=terms.policy,
        lines=lines_left(terms.limits.lines_per_hour, used),
        reserve=reserve_of(terms.limits.lines_per_hour),
        priority=terms.priority,
        leaving=terms.leaving,
        single_max=terms.single_max,
        products=store.publish_products,
        detail=terms.detail,
        guard=Guard() if terms.leaving else await _guard(session, store),
    )


async def _guard(session: AsyncSession, store: Store) -> Guard:
    brake = Brake.model_validate(store.brake or {})
    newest = await _facts_now(session, store)
    reference = _facts(store.brake_reference)
    held = check_catalog(brake, reference, _facts(newest))
    return Guard(brake, margin_of(store.minimum_margin), held)


async def _facts_now(session: AsyncSession, store: Store) -> dict[str, Any] | None:
    found = await session.execute(
        text("SELECT counts, empty_fields FROM catalog_view WHERE id = :id"),
        {"id": store.current_catalog_id},
    )
    row = found.one_or_none()
    if row is None:
        return None
    return {"rows": row.counts.get("rows", 0), "empty": row.empty_fields or []}


def _facts(stored: dict[str, Any] | None) -> CatalogFacts | None:
    return CatalogFacts(stored["rows"], frozenset(stored["empty"])) if stored else None


async def trust_catalog(session: AsyncSession, store: Store) -> None:
    """Make the newest catalog the reference for the next one."""
    newest = await _facts_now(session, store)
    if newest is not None:
        set_brake_reference(store, newest)


async def versions_of(session: AsyncSession, store: Store) -> dict[str, Any]:
    """Versions of all that a plan depends on."""
    catalog = store.current_catalog_id
    return {
        "store": store.version,
        "catalog_id": str(catalog) if catalog else None,
        **await history.current_versions(session, store.id),
    }
