"""The plan: what differs from what Back Market last accepted, in sets.

Columns, not rows: the decision is SQL over the partial index of dirty offers, so a
plan costs what changed and not what exists. The rules are those of "Update mode".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.sharing import LOWEST, SharedQuantity
from app.publications.brake import Counted, Held, decide, most_to_count
from app.publications.plan_sql import counting, lowering, writing
from app.publications.words import PRODUCT_CODES, Lane
from app.stores.margin import Margin
from app.stores.safety import Brake

BATCH_LINES = 15_000
"""Lines in one batch (Back Market API, limits)."""
DETAIL_LIMIT = 20_000
"""Deferred changes listed one by one in a report; all of them are counted."""


EVERYTHING = 2**31 - 1
"""As many as there are."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What may not leave by itself; `doubted`: what the newest catalog's looks say."""

    brake: Brake | None = None
    margin: Margin = field(default_factory=Margin)
    doubted: Held = field(default_factory=Held)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made for: a store, its siblings and what may be spent."""

    publication_id: UUID
    store_id: UUID
    siblings: Sequence[UUID]
    """Other stores of the same seller account: the active ones share its stock."""
    lines: int
    """SKU lines that may be sent now; the rest is deferred."""
    single_max: int
    """Up to so many updates go one by one."""
    policy: SharedQuantity = LOWEST
    """Whose wish their shared stock follows."""
    reserve: int = 0
    """Of the lines, those that only lowered stock may use."""
    urgent: bool = False
    """Lowered stock alone, as far as no other run of the store sends it."""
    products: bool = False
    """Whether the store publishes products: unknown EANs are left to that run."""
    detail: int = DETAIL_LIMIT
    """Deferred changes that are listed."""
    guard: Guard = field(default_factory=Guard)


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """How many changes there are, by reason and verdict.

    `digest` names all that is to be sent, now or later: the same changes have the same,
    whatever the budget. What is held or refused here takes no part.
    """

    counts: dict[str, int]
    to_send: int
    deferred: int
    digest: str
    held: Held = field(default_factory=Held)


_DISPATCHES = text(
    """
    INSERT INTO dispatch (publication_id, seq, account_id, door, action, state, lines,
                          polls, attempts)
    SELECT :publication, dispatch, :account, min(door),
           CASE WHEN min(after ->> 'grade') IS NULL THEN 'update' ELSE 'create' END,
           'pending', count(*), 0, 0
      FROM change
     WHERE publication_id = :publication AND dispatch IS NOT NULL
     GROUP BY dispatch
    """
)


class Way(NamedTuple):
    """Which statements a plan needs: what does not matter is not asked."""

    shared: bool
    """Other stores of the account wish for the same stock."""
    holds: bool
    """Changes of the store were held before."""
    urgent: bool = False


_WAYS = [Way(*each) for each in product((False, True), repeat=3)]
COUNT = {way: text(counting(**way._asdict())) for way in _WAYS}
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
WRITE = {
    (way, walk): text(writing(**way._asdict(), walk=walk))
    for way in _WAYS
    for walk in (False, True)
}
LOWERS = {
    way: text(lowering(shared=way.shared, holds=way.holds))
    for way in _WAYS
    if way.urgent
}
_IN_FLIGHT = text(
    """
    SELECT c.sku_key FROM publication AS p
      JOIN change AS c ON c.publication_id = p.id AND c.outcome = 'planned'
                      AND c.after ? 'quantity'
      JOIN offer AS o ON o.store_id = p.store_id AND o.sku_key = c.sku_key
     WHERE p.store_id = :store AND p.id <> :publication
       AND p.state IN ('planning', 'sending', 'waiting')
       AND c.fingerprint IS NOT DISTINCT FROM o.fingerprint
    """
)
_LISTED = text(
    "SELECT count(*) FROM (SELECT 1 FROM offer WHERE store_id = :store AND listed "
    "AND accepted_quantity > 0 ORDER BY sku_key LIMIT :most) AS few"
)
_HOLDS = text("SELECT EXISTS (SELECT 1 FROM hold WHERE store_id = :store)")


async def write_plan(session: AsyncSession, request: PlanRequest) -> PlanSummary:
    """Write the changes of a publication; an earlier, unfinished plan is replaced.

    The caller holds the lock of the store's offers: both statements see the same.
    """
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": request.publication_id},
    )
    values, way = await _values(session, request)
    totals = await _count(session, way, values)
    held = await _braked(session, request, totals)
    if held != request.guard.doubted:
        values |= _held_values(held)
        totals = await _count(session, way, values)
    if request.urgent:
        totals = [each for each in totals if _is_urgent(each)]
    cut = _cut(totals, request.lines + request.detail)
    walk = bool(cut.pop("walk"))
    await session.execute(WALK_THE_KEY if walk else AS_USUAL)
    values |= {
        "publication": request.publication_id,
        "lines": request.lines,
        "reserve": request.reserve,
        "single_max": request.single_max,
        "batch_lines": BATCH_LINES,
        **cut,
    }
    await session.execute(WRITE[way, walk], values)
    await session.execute(AS_USUAL)
    planned = await _planned(session, request.publication_id)
    return _summary(totals, planned, held)


async def _values(
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
    holds = bool(await session.scalar(_HOLDS, {"store": request.store_id}))
    return values, Way(bool(siblings), holds, request.urgent)


def _is_urgent(total: Any) -> bool:  # noqa: ANN401 - a row of COUNT
    """Lowered stock; and what is held, so that it is known for the next look."""
    if total.verdict == "held":
        return True
    return bool(total.verdict == "send" and total.lane == Lane.STOCK_DOWN)


async def waiting_changes(
    session: AsyncSession, request: PlanRequest
) -> dict[Lane, int]:
    """How many changes a plan would send, were there lines enough, by lane."""
    values, way = await _values(session, request)
    lanes: dict[Lane, int] = {}
    for row in await _count(session, way, values):
        if row.verdict == "send":
            lanes[Lane(row.lane)] = lanes.get(Lane(row.lane), 0) + row.changes
    return lanes


async def lowers_stock(session: AsyncSession, request: PlanRequest) -> bool:
    """Whether an urgent plan would have something to send that was not refused."""
    values, way = await _values(session, replace(request, urgent=True))
    return bool(await session.scalar(LOWERS[way], values))


def _guard_values(guard: Guard) -> dict[str, Any]:
    jump = guard.brake.price_jump if guard.brake else None
    wave = guard.brake.price_wave if guard.brake else None
    return {
        "jump_percent": jump.percent if jump else None,
        "jump_amount": jump.amount if jump else None,
        "wave_move": wave.move_percent if wave else None,
        **guard.margin.values,
        **_held_values(guard.doubted),
    }


def _held_values(held: Held) -> dict[str, Any]:
    return {
        "zero_code": held.zero_code,
        "quantity_empty": held.quantity_empty,
        "price_empty": held.price_empty,
        "wave": held.wave,
    }


async def _count(
    session: AsyncSession, way: Way, values: Mapping[str, Any]
) -> Sequence[Any]:
    await session.execute(GROUP_BY_HASH)
    return (await session.execute(COUNT[way], values)).all()


async def _braked(
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


def _cut(totals: Sequence[Any], room: int) -> dict[str, Any]:
    """In which lane the listing of changes to send ends, and how far into it."""
    lanes: dict[int, int] = {}
    for row in totals:
        if row.verdict == "send":
            lanes[row.lane] = lanes.get(row.lane, 0) + row.changes
    before, last = 0, 0
    for last in sorted(lanes):
        if before + lanes[last] >= room or last == max(lanes):
            break
        before += lanes[last]
    return {
        "last_lane": last,
        "some_before": before > 0,
        "some_last": bool(lanes),
        "of_last": max(room - before, 0),
        "some_not_sent": any(row.verdict != "send" or row.also_held for row in totals),
        "walk": lanes.get(last, 0) > 10 * (room - before),
    }


async def _planned(session: AsyncSession, publication_id: UUID) -> dict[str, int]:
    rows = await session.execute(
        text(
            "SELECT reason, count(*) AS changes FROM change "
            "WHERE publication_id = :id AND outcome = 'planned' GROUP BY 1"
        ),
        {"id": publication_id},
    )
    return {row.reason: row.changes for row in rows}


def _summary(
    totals: Sequence[Any], planned: Mapping[str, int], held: Held
) -> PlanSummary:
    """What does not fit of the changes to send is deferred."""
    counts: dict[str, int] = {}
    sends: dict[str, int] = {}
    for row in totals:
        if row.also_held:
            key = f"{row.reason}.held"
            counts[key] = counts.get(key, 0) + row.also_held
        if row.verdict == "send":
            sends[row.reason] = sends.get(row.reason, 0) + row.changes
        else:
            key = f"{row.reason}.{row.verdict}"
            counts[key] = counts.get(key, 0) + row.changes
    for reason, number in sends.items():
        now = planned.get(reason, 0)
        if now:
            counts[f"{reason}.planned"] = now
        if number > now:
            counts[f"{reason}.deferred"] = number - now
    return PlanSummary(
        counts=counts,
        to_send=sum(planned.values()),
        deferred=sum(n for key, n in counts.items() if key.endswith(".deferred")),
        digest=_digest(totals),
        held=held,
    )


def _digest(totals: Sequence[Any]) -> str:
    """SHA-256 over how many changes there are to send, and the sum of their hashes."""
    sends = [row for row in totals if row.verdict == "send"]
    content = sum((Decimal(row.digest) for row in sends), Decimal(0))
    told = f"{sum(row.changes for row in sends)} {content:f}"
    return sha256(told.encode()).hexdigest()


async def _who_wish(session: AsyncSession, siblings: Sequence[UUID]) -> list[UUID]:
    """A store that is switched off lets its catalog age: its wishes do not count."""
    found = await session.execute(
        text("SELECT id FROM store WHERE id = ANY(:siblings) AND active"),
        {"siblings": list(siblings)},
    )
    return list(found.scalars())


async def write_dispatches(
    session: AsyncSession, publication_id: UUID, account_id: UUID
) -> None:
    """Write one row per call that the plan needs."""
    await session.execute(
        text("DELETE FROM dispatch WHERE publication_id = :id"), {"id": publication_id}
    )
    await session.execute(
        _DISPATCHES, {"publication": publication_id, "account": account_id}
    )
