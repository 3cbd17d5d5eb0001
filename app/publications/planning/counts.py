"""Counts the changes of a store by lane, and decides which of them the brake holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.publications.enums import (
    OTHER_MARKET_CODES,
    PRODUCT_CODES,
    READ_BACK,
    Lane,
)
from app.publications.planning.brake import (
    ChangeCounts,
    HeldGroups,
    decide,
    listed_limit,
)
from app.publications.planning.request import Guard, PlanRequest
from app.publications.planning.statements import (
    COUNT,
    COUNT_NEW,
    LOWERS_STOCK,
    Variant,
)
from app.stores.leaving import that_may_sell

_SQL = load_statements(__package__, "counts.sql")
SCAN_BY_KEY = _SQL["scan_by_key"]
SCAN_AS_USUAL = _SQL["scan_as_usual"]


async def count_backlog(session: AsyncSession, request: PlanRequest) -> dict[Lane, int]:
    """How many changes a plan without a line limit would send, by lane."""
    values, variant = await load_parameters(session, request)
    lanes: dict[Lane, int] = {}
    for row in await count_changes(session, variant, values):
        if row.action == "send":
            lanes[Lane(row.lane)] = lanes.get(Lane(row.lane), 0) + row.changes
    return lanes


async def lowers_stock(session: AsyncSession, request: PlanRequest) -> bool:
    """Whether a priority run would have something to send that was not refused."""
    values, variant = await load_parameters(session, replace(request, priority=True))
    return bool(await session.scalar(LOWERS_STOCK[variant], values))


async def load_parameters(
    session: AsyncSession, request: PlanRequest
) -> tuple[dict[str, Any], Variant]:
    """The parameters of the plan statements, and the variant that is needed."""
    values: dict[str, Any] = {
        "store": request.store_id,
        "products": request.products,
        "product_codes": list(PRODUCT_CODES),
        **_guard_parameters(request.guard),
    }
    siblings = await _siblings_that_count(session, request)
    if siblings or request.leaving:
        values |= {
            "siblings": siblings,
            "policy": request.policy.rule,
            "leader": request.policy.leader,
        }
    in_flight = await _in_flight(session, request)
    if in_flight:
        values["in_flight"] = Jsonb(in_flight)
    if request.leaving:
        own = Variant(
            shared=False,
            holds=False,
            repairs=False,
            in_flight=bool(in_flight),
            leaving=True,
        )
        return values, own
    store = {"store": request.store_id, "account": request.account_id}
    row = (await session.execute(_SQL["what_the_store_has"], store)).one()
    if row.other_markets:
        values["account"] = request.account_id
        values["other_market_code"] = OTHER_MARKET_CODES[row.other_markets]
    variant = Variant(
        shared=bool(siblings),
        holds=row.holds,
        repairs=row.repairs,
        in_flight=bool(in_flight),
        other_markets=row.other_markets is not None,
    )
    return values, variant


async def _in_flight(session: AsyncSession, request: PlanRequest) -> dict[str, int]:
    """Quantities by SKU key that other runs of the account are sending."""
    found = await session.execute(
        _SQL["in_flight"],
        {
            "account": request.account_id,
            "store": request.store_id,
            "publication": request.publication_id,
            "read_back": READ_BACK,
        },
    )
    return {row.sku_key: row.quantity for row in found}


def _guard_parameters(guard: Guard) -> dict[str, Any]:
    jump = guard.brake.price_jump if guard.brake else None
    wave = guard.brake.price_wave if guard.brake else None
    return {
        "jump_percent": jump.percent if jump else None,
        "jump_amount": jump.amount if jump else None,
        "wave_move": wave.move_percent if wave else None,
        **guard.margin.values,
        **held_parameters(guard.held_by_catalog),
    }


def held_parameters(held: HeldGroups) -> dict[str, Any]:
    """The parameters of the plan statements that hold whole groups of changes."""
    return {
        "zero_code": held.zero_code,
        "quantity_empty": held.quantity_empty,
        "price_empty": held.price_empty,
        "wave": held.wave,
    }


async def count_changes(
    session: AsyncSession, variant: Variant, values: Mapping[str, Any]
) -> Sequence[Any]:
    """Rows by reason, action and lane; a group may come in two rows."""
    await session.execute(_SQL["disable_sort"])
    new = []
    if not variant.quantities_vary:
        only_new = (await session.execute(COUNT_NEW, values)).one()
        new = [only_new] if only_new.changes else []
        if only_new.changes == only_new.dirty:
            return new
    found = await session.execute(COUNT[variant], values)
    return [*new, *(row for row in found if row.changes)]


async def apply_brake(
    session: AsyncSession, request: PlanRequest, totals: Sequence[Any]
) -> HeldGroups:
    """Which groups of these changes are held.

    Counts listed offers only as far as the decision needs.
    """
    brake, held = request.guard.brake, request.guard.held_by_catalog
    if brake is None:
        return held
    zeroing = sum(row.zeroing for row in totals)
    moving = sum(row.moving for row in totals)
    limit = listed_limit(brake, ChangeCounts(zeroing, moving))
    if not limit:
        return held
    await session.execute(SCAN_BY_KEY)
    listed = await session.scalar(
        _SQL["listed_with_stock"], {"store": request.store_id, "limit": limit}
    )
    await session.execute(SCAN_AS_USUAL)
    return decide(brake, held, ChangeCounts(zeroing, moving, listed or 0))


async def _siblings_that_count(
    session: AsyncSession, request: PlanRequest
) -> list[UUID]:
    """Active siblings; for a store that leaves, all that may have listings online."""
    if request.leaving:
        return await that_may_sell(session, request.siblings)
    values = {"siblings": list(request.siblings)}
    return list((await session.execute(_SQL["active_siblings"], values)).scalars())
