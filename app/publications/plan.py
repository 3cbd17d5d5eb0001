"""The plan: what differs from what Back Market last accepted, in sets.

Columns, not rows: the decision is SQL over the partial index of dirty offers, so a
plan costs what changed and not what exists. The rules are those of "Update mode".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.sharing import LOWEST, SharedQuantity
from app.publications.plan_sql import counting, lowering, writing
from app.publications.words import PRODUCT_CODES, Lane

BATCH_LINES = 15_000
"""Lines in one batch (Back Market API, limits)."""
DETAIL_LIMIT = 20_000
"""Deferred changes listed one by one in a report; all of them are counted."""


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


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """How many changes there are, by reason and verdict."""

    counts: dict[str, int]
    to_send: int
    deferred: int


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

_HASH = text(
    """
    SELECT encode(sha256(convert_to(coalesce(string_agg(
             sku || ' ' || reason || ' ' || after::text, E'\\n' ORDER BY seq), ''),
           'UTF8')), 'hex')
      FROM change WHERE publication_id = :publication AND outcome = 'planned'
    """
)


_VARIANTS = [(shared, urgent) for shared in (False, True) for urgent in (False, True)]
COUNT = {
    (shared, urgent): text(counting(shared=shared, urgent=urgent))
    for shared, urgent in _VARIANTS
}
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
    (shared, urgent): text(writing(shared=shared, urgent=urgent))
    for shared, urgent in _VARIANTS
}
LOWERS = {shared: text(lowering(shared=shared)) for shared in (False, True)}
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


async def write_plan(session: AsyncSession, request: PlanRequest) -> PlanSummary:
    """Write the changes of a publication; an earlier, unfinished plan is replaced.

    The caller holds the lock of the store's offers: both statements see the same.
    """
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": request.publication_id},
    )
    values = await _values(session, request)
    variant = ("siblings" in values, request.urgent)
    await session.execute(GROUP_BY_HASH)
    totals = (await session.execute(COUNT[variant], values)).all()
    if request.urgent:
        totals = [each for each in totals if _is_urgent(each)]
    cut = _cut(totals, request.lines + request.detail)
    await session.execute(WALK_THE_KEY if cut.pop("walk") else AS_USUAL)
    values |= {
        "publication": request.publication_id,
        "lines": request.lines,
        "reserve": request.reserve,
        "single_max": request.single_max,
        "batch_lines": BATCH_LINES,
        **cut,
    }
    await session.execute(WRITE[variant], values)
    await session.execute(AS_USUAL)
    planned = await _planned(session, request.publication_id)
    return _summary(totals, planned)


async def _values(session: AsyncSession, request: PlanRequest) -> dict[str, Any]:
    values: dict[str, Any] = {
        "store": request.store_id,
        "products": request.products,
        "product_codes": list(PRODUCT_CODES),
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
    return values


def _is_urgent(total: Any) -> bool:  # noqa: ANN401 - a row of COUNT
    return bool(total.verdict == "send" and total.lane == Lane.STOCK_DOWN)


async def waiting_changes(
    session: AsyncSession, request: PlanRequest
) -> dict[Lane, int]:
    """How many changes a plan would send, were there lines enough, by lane."""
    values = await _values(session, request)
    await session.execute(GROUP_BY_HASH)
    variant = ("siblings" in values, request.urgent)
    lanes: dict[Lane, int] = {}
    for row in await session.execute(COUNT[variant], values):
        if row.verdict == "send":
            lanes[Lane(row.lane)] = lanes.get(Lane(row.lane), 0) + row.changes
    return lanes


async def lowers_stock(session: AsyncSession, request: PlanRequest) -> bool:
    """Whether an urgent plan would have something to send that was not refused."""
    values = await _values(session, request)
    found = await session.scalar(LOWERS["siblings" in values], values)
    return bool(found)


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
        "some_not_sent": any(row.verdict != "send" for row in totals),
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


def _summary(totals: Sequence[Any], planned: Mapping[str, int]) -> PlanSummary:
    """What does not fit of the changes to send is deferred."""
    counts: dict[str, int] = {}
    sends: dict[str, int] = {}
    for row in totals:
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
    )


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


async def plan_hash(session: AsyncSession, publication_id: UUID) -> str:
    """SHA-256 over what will be sent, in order: equal hash, equal content."""
    found: str = (
        await session.execute(_HASH, {"publication": publication_id})
    ).scalar_one()
    return found
