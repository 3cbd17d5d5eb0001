"""The plan: what differs from what Back Market last accepted, in sets.

Columns, not rows: the decision is SQL over the partial index of dirty offers, so a
plan costs what changed and not what exists. The rules are those of "Update mode".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.enums import Lane
from app.publications.planning.brake import Held
from app.publications.planning.counts import (
    AS_USUAL,
    WALK_THE_KEY,
    WAYS,
    braked,
    count,
    held_values,
    values_of,
)
from app.publications.planning.plan_sql import writing
from app.publications.planning.request import BATCH_LINES, PlanRequest


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
    INSERT INTO submission (publication_id, seq, account_id, method, action, state,
                            lines,
                          polls, attempts)
    SELECT :publication, submission, :account, min(method),
           CASE WHEN min(after ->> 'grade') IS NULL THEN 'update' ELSE 'create' END,
           'pending', count(*), 0, 0
      FROM change
     WHERE publication_id = :publication AND submission IS NOT NULL
     GROUP BY submission
    """
)


WRITE = {
    (way, walk): text(writing(**way._asdict(), walk=walk))
    for way in WAYS
    for walk in (False, True)
}


async def write_plan(session: AsyncSession, request: PlanRequest) -> PlanSummary:
    """Write the changes of a publication; an earlier, unfinished plan is replaced.

    The caller holds the lock of the store's offers: both statements see the same.
    """
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": request.publication_id},
    )
    values, way = await values_of(session, request)
    totals = await count(session, way, values)
    held = await braked(session, request, totals)
    if held != request.guard.doubted:
        values |= held_values(held)
        totals = await count(session, way, values)
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


def _is_urgent(total: Any) -> bool:  # noqa: ANN401 - a row of COUNT
    """Lowered stock; and what is held, so that it is known for the next look."""
    if total.verdict == "held":
        return True
    return bool(total.verdict == "send" and total.lane == Lane.STOCK_DOWN)


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


async def write_dispatches(
    session: AsyncSession, publication_id: UUID, account_id: UUID
) -> None:
    """Write one row per call that the plan needs."""
    await session.execute(
        text("DELETE FROM submission WHERE publication_id = :id"),
        {"id": publication_id},
    )
    await session.execute(
        _DISPATCHES, {"publication": publication_id, "account": account_id}
    )
