"""Counts the changes of a store by lane, and says what of them the brake holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.enums import PRODUCT_CODES, Lane
from app.publications.planning.brake import Counted, Held, decide, most_to_count
from app.publications.planning.plan_sql import COUNT_NEW, counting, lowering
from app.publications.planning.request import Guard, PlanRequest


class Way(NamedTuple):
    """Which statements a plan needs: what does not matter is not asked."""

    shared: bool
    """Other stores of the account wish for the same stock."""
    holds: bool
    """Changes of the store were held before."""
    repairs: bool
    """Listings of the store show other prices than were accepted."""
    urgent: bool = False


WAYS = [Way(*each) for each in product((False, True), repeat=4)]
COUNT = {way: text(counting(**way._asdict())) for way in WAYS}
NEW = text(COUNT_NEW)
# There are few groups. The planner, whose statistics may be those of a smaller store,
# would at times sort every change to find them.
GROUP_BY_HASH = text("SELECT set_config('enable_sort', 'off', true)")
# Where a small part of a large lane is listed, the primary key gives it in order; the
# planner, which knows nothing of how many rows a verdict has, would sort them all.
WALK_THE_KEY = text(
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY["
    "'enable_sort', 'enable_seqscan', 'enable_bitmapscan']) AS name"
)
AS_USUAL = text(
    "SELECT set_config(name, 'on', true) FROM unnest(ARRAY["
    "'enable_sort', 'enable_seqscan', 'enable_bitmapscan']) AS name"
)
LOWERS = {
    way: text(lowering(shared=way.shared, holds=way.holds, repairs=way.repairs))
    for way in WAYS
    if way.urgent
}
_IN_FLIGHT = text(
    """
    SELECT c.sku_key FROM publication AS p
      JOIN change AS c ON c.publication_id = p.id AND c.outcome = 'planned'
                      AND c.after ? 'quantity'
     WHERE p.store_id = :store AND p.id <> :publication
       AND p.state IN ('planning', 'sending', 'waiting')
       AND (SELECT c.fingerprint IS NOT DISTINCT FROM o.fingerprint FROM offer AS o
             WHERE o.store_id = p.store_id AND o.sku_key = c.sku_key)
    """
)
_LISTED = text(
    "SELECT count(*) FROM (SELECT 1 FROM offer WHERE store_id = :store AND listed "
    "AND accepted_quantity > 0 ORDER BY sku_key LIMIT :most) AS few"
)
_BESIDE = text(
    """
    SELECT EXISTS (SELECT 1 FROM hold WHERE store_id = :store) AS holds,
           EXISTS (SELECT 1 FROM offer_check WHERE store_id = :store
                      AND drift IS NOT NULL AND drift ? 'price') AS repairs
    """
)


async def waiting_changes(
    session: AsyncSession, request: PlanRequest
) -> dict[Lane, int]:
    """How many changes a plan would send, were there lines enough, by lane."""
    values, way = await values_of(session, request)
    lanes: dict[Lane, int] = {}
    for row in await count(session, way, values):
        if row.verdict == "send":
            lanes[Lane(row.lane)] = lanes.get(Lane(row.lane), 0) + row.changes
    return lanes


async def lowers_stock(session: AsyncSession, request: PlanRequest) -> bool:
    """Whether an urgent plan would have something to send that was not refused."""
    values, way = await values_of(session, replace(request, urgent=True))
    return bool(await session.scalar(LOWERS[way], values))


async def values_of(
    session: AsyncSession, request: PlanRequest
) -> tuple[dict[str, Any], Way]:
    """The parameters of the statements, and which of them are needed."""
    values: dict[str, Any] = {
        "store": request.store_id,
        "products": request.products,
        "product_codes": list(PRODUCT_CODES),
        **_guard_values(request.guard),
    }
    siblings = await _who_wish(session, request.siblings)
    if siblings:
        values |= {
            "siblings": siblings,
            "policy": request.policy.rule,
            "leader": request.policy.leader,
        }
    if request.urgent:
        what = {"store": request.store_id, "publication": request.publication_id}
        found = await session.execute(_IN_FLIGHT, what)
        values["in_flight"] = list(found.scalars())
    beside = (await session.execute(_BESIDE, {"store": request.store_id})).one()
    return values, Way(bool(siblings), beside.holds, beside.repairs, request.urgent)


def _guard_values(guard: Guard) -> dict[str, Any]:
    jump = guard.brake.price_jump if guard.brake else None
    wave = guard.brake.price_wave if guard.brake else None
    return {
        "jump_percent": jump.percent if jump else None,
        "jump_amount": jump.amount if jump else None,
        "wave_move": wave.move_percent if wave else None,
        **guard.margin.values,
        **held_values(guard.doubted),
    }


def held_values(held: Held) -> dict[str, Any]:
    return {
        "zero_code": held.zero_code,
        "quantity_empty": held.quantity_empty,
        "price_empty": held.price_empty,
        "wave": held.wave,
    }


async def count(
    session: AsyncSession, way: Way, values: Mapping[str, Any]
) -> Sequence[Any]:
    """The groups of changes; of one reason, verdict and lane there may be two."""
    await session.execute(GROUP_BY_HASH)
    new = []
    if not way.shared:
        only_new = (await session.execute(NEW, values)).one()
        new = [only_new] if only_new.changes else []
        if only_new.changes == only_new.dirty:
            return new
    found = await session.execute(COUNT[way], values)
    return [*new, *(row for row in found if row.changes)]


async def braked(
    session: AsyncSession, request: PlanRequest, totals: Sequence[Any]
) -> Held:
    """What is held of these changes. No more offers are counted than must be."""
    brake, doubted = request.guard.brake, request.guard.doubted
    if brake is None:
        return doubted
    zeroing = sum(row.zeroing for row in totals)
    moving = sum(row.moving for row in totals)
    most = most_to_count(brake, Counted(zeroing, moving))
    if not most:
        return doubted
    await session.execute(WALK_THE_KEY)
    listed = await session.scalar(_LISTED, {"store": request.store_id, "most": most})
    await session.execute(AS_USUAL)
    return decide(brake, doubted, Counted(zeroing, moving, listed or 0))


async def _who_wish(session: AsyncSession, siblings: Sequence[UUID]) -> list[UUID]:
    """A store that is switched off lets its catalog age: its wishes do not count."""
    found = await session.execute(
        text("SELECT id FROM store WHERE id = ANY(:siblings) AND active"),
        {"siblings": list(siblings)},
    )
    return list(found.scalars())
