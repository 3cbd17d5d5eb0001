"""Writes the plan of a publication: the changes from live state to desired state.

The plan is decided in SQL over the partial index of dirty offers, so its cost grows
with the changes and not with the offers. The rules are those of "Update mode".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.offers import titles
from app.publications.enums import Lane, Outcome
from app.publications.planning.brake import HeldGroups
from app.publications.planning.counts import (
    SCAN_AS_USUAL,
    SCAN_BY_KEY,
    apply_brake,
    count_changes,
    held_parameters,
    load_parameters,
)
from app.publications.planning.request import BATCH_LINES, PlanRequest
from app.publications.planning.statements import WRITE

_SQL = load_statements(
    __package__, "submissions.sql", {"title_warning": titles.WARNING}
)
_HELD_OUTCOMES = {"hold": Outcome.HELD, "reject": Outcome.REJECTED}


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """How many changes there are, by `reason.outcome`.

    `digest` is equal for equal changes to send, now or later, whatever the budget.
    Held and rejected changes are not part of it.
    """

    counts: dict[str, int]
    to_send: int
    deferred: int
    digest: str
    held: HeldGroups = field(default_factory=HeldGroups)
    in_flight: bool = False
    """Whether quantities were left out that another run of the account is sending."""


async def write_plan(session: AsyncSession, request: PlanRequest) -> PlanSummary:
    """Write the changes of a publication; an earlier, unfinished plan is replaced.

    The caller holds the lock of the store's offers, so that all statements see the
    same.
    """
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": request.publication_id},
    )
    values, variant = await load_parameters(session, request)
    totals = await count_changes(session, variant, values)
    held = await apply_brake(session, request, totals)
    if held != request.guard.held_by_catalog:
        values |= held_parameters(held)
        totals = await count_changes(session, variant, values)
    if request.priority:
        totals = [each for each in totals if _is_for_priority_run(each)]
    selection = _selection(totals, request.lines + request.detail)
    by_key = bool(selection.pop("by_key"))
    await session.execute(SCAN_BY_KEY if by_key else SCAN_AS_USUAL)
    values |= {
        "publication": request.publication_id,
        "lines": request.lines,
        "reserve": request.reserve,
        "single_max": request.single_max,
        "batch_lines": BATCH_LINES,
        **selection,
    }
    await session.execute(WRITE[variant, by_key], values)
    await session.execute(SCAN_AS_USUAL)
    await session.execute(_SQL["add_title_warnings"], values)
    planned = await _planned(session, request.publication_id)
    summary = _summary(totals, planned, held)
    return replace(summary, in_flight=variant.in_flight)


def _is_for_priority_run(total: Any) -> bool:  # noqa: ANN401 - a row of COUNT
    """Lowered stock, and what is held: it has to be stored as held."""
    if total.action in {"hold", "skip"}:
        return True
    return bool(total.action == "send" and total.lane == Lane.STOCK_DOWN)


def _selection(totals: Sequence[Any], free: int) -> dict[str, Any]:
    """Which changes are listed: up to `of_last` of `last_lane`, all of lanes before."""
    lanes: dict[int, int] = {}
    for row in totals:
        if row.action == "send":
            lanes[row.lane] = lanes.get(row.lane, 0) + row.changes
    before, last = 0, 0
    for last in sorted(lanes):
        if before + lanes[last] >= free or last == max(lanes):
            break
        before += lanes[last]
    return {
        "last_lane": last,
        "some_before": before > 0,
        "some_last": bool(lanes),
        "of_last": max(free - before, 0),
        "some_not_sent": any(row.action != "send" or row.also_held for row in totals),
        "by_key": lanes.get(last, 0) > 10 * (free - before),
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
    totals: Sequence[Any], planned: Mapping[str, int], held: HeldGroups
) -> PlanSummary:
    """Changes to send that are not planned now are deferred."""
    counts: dict[str, int] = {}
    sends: dict[str, int] = {}
    for row in totals:
        if row.also_held:
            key = f"{row.reason}.held"
            counts[key] = counts.get(key, 0) + row.also_held
        if row.action == "send":
            sends[row.reason] = sends.get(row.reason, 0) + row.changes
        elif row.action in _HELD_OUTCOMES:
            key = f"{row.reason}.{_HELD_OUTCOMES[row.action]}"
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
    """SHA-256 over the number of changes to send and the sum of their hashes."""
    sends = [row for row in totals if row.action == "send"]
    content = sum((Decimal(row.digest) for row in sends), Decimal(0))
    summary = f"{sum(row.changes for row in sends)} {content:f}"
    return sha256(summary.encode()).hexdigest()


async def write_submissions(
    session: AsyncSession, publication_id: UUID, account_id: UUID
) -> None:
    """Write one row for each submission that the plan needs."""
    await session.execute(
        text("DELETE FROM submission WHERE publication_id = :id"),
        {"id": publication_id},
    )
    await session.execute(
        _SQL["write"], {"publication": publication_id, "account": account_id}
    )
