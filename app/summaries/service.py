"""Puts the figures of a page of stores together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.budget import Spend, lines_left, sent_by, used_of
from app.accounts.models import SellerAccount
from app.accounts.schemas import ConnectionHealth
from app.backmarket.markets import market_of
from app.core.columns import utc_now
from app.settings import Settings
from app.stores import service as stores
from app.stores.activation import lights_of_many
from app.stores.lights import Light
from app.stores.models import Store
from app.stores.schemas import LightsOut, light_out
from app.summaries import queries
from app.summaries.schemas import (
    ATTENTION,
    DayOut,
    LinesOut,
    OfferFigures,
    RunOut,
    StoreSummary,
)
from app.web.schemas import ReasonOut

ENDED = {"finished", "failed", "cancelled"}


async def summaries(
    session: AsyncSession, rows: Sequence[Any], settings: Settings, days: int
) -> list[StoreSummary]:
    """The stores of rows of id and rank, in their order, with their last days."""
    ids = [row.id for row in rows]
    offers = await queries.offer_counts(session, ids)
    runs = await queries.runs(session, ids)
    due = await queries.due_orders(session, ids)
    found = await stores.find_all(session, ids)
    used = {store.account_id for store in found.values() if store.account_id}
    known = await accounts.find_all(session, used)
    lights = await lights_of_many(session, list(found.values()), known, settings)
    spent = await queries.spent_lines(session, list(known))
    active = await activity(session, ids, days) if days else {}
    return [
        StoreSummary(
            **_facts(store),
            attention=ATTENTION[row.rank],
            lights=_lights_out(lights[store.id]),
            connection=_connection(account),
            offers=OfferFigures.model_validate(offers[store.id], from_attributes=True),
            due_orders=due.get(store.id, 0),
            last_publication=(last := _last(runs.get(store.id, []))),
            current_publication=_current(runs.get(store.id, [])),
            lines=_lines(account, spent, last, settings),
            activity=active.get(store.id),
        )
        for row in rows
        if (store := found.get(row.id))
        for account in [known.get(store.account_id) if store.account_id else None]
    ]


def _facts(store: Store) -> dict[str, Any]:
    return {
        "id": store.id,
        "name": store.name,
        "country": store.country,
        "currency": market_of(store.country).currency,
        "environment": store.environment,
        "active": store.active,
        "next_publication_at": store.next_offers_at,
    }


def _lights_out(found: Sequence[Light]) -> LightsOut:
    return LightsOut.model_validate(
        {light.name: light_out(light).model_dump() for light in found}
    )


def _connection(account: SellerAccount | None) -> ConnectionHealth | None:
    if account is None:
        return None
    return ConnectionHealth.model_validate(
        {
            "health": account.connection,
            "detail": account.connection_detail,
            "at": account.connection_at,
        }
    )


def _last(runs: Sequence[Any]) -> RunOut | None:
    return next((run_out(row) for row in runs if row.state in ENDED), None)


def _current(runs: Sequence[Any]) -> RunOut | None:
    return next((run_out(row) for row in runs[:1] if row.state not in ENDED), None)


def run_out(row: Any) -> RunOut:  # noqa: ANN401 - a row of a publication
    counts = outcome_counts(row.totals)
    reason = row.reason_code and ReasonOut(code=row.reason_code, message=row.reason)
    return RunOut(
        id=row.id,
        state=row.state,
        trigger=row.trigger,
        reason=reason or None,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
        changes=sum(counts.values()),
        accepted=counts.get("accepted", 0),
        rejected=counts.get("rejected", 0),
        held=counts.get("held", 0),
        deferred=counts.get("deferred", 0),
    )


def outcome_counts(totals: Mapping[str, Any]) -> dict[str, int]:
    """Changes by outcome, of totals by reason and outcome. Pure."""
    counts: dict[str, int] = {"deferred": int(totals.get("unlisted") or 0)}
    for key, changes in (totals.get("outcomes") or {}).items():
        outcome = key.partition(".")[2]
        counts[outcome] = counts.get(outcome, 0) + changes
    return counts


def _lines(
    account: SellerAccount | None,
    spent: Mapping[UUID, Sequence[Spend]],
    last: RunOut | None,
    settings: Settings,
) -> LinesOut | None:
    if account is None:
        return None
    limit, now = accounts.limits_of(account, settings).lines_per_hour, utc_now()
    lines = spent.get(account.id, ())
    used, deferred = used_of(lines, now), last.deferred if last else 0
    eta: datetime | None = sent_by(limit, lines, now, [deferred])[0]
    return LinesOut(
        per_hour=limit, used=used, remaining=lines_left(limit, used), eta=eta
    )


async def activity(
    session: AsyncSession, ids: Sequence[UUID], days: int
) -> dict[UUID, list[DayOut]]:
    """Outcomes by day of each store, also of days without a run."""
    last_days = queries.days_until(utc_now().date(), days)
    found = await queries.outcomes_by_day(session, ids, last_days[0])
    return {
        store_id: [
            DayOut(date=day, **_known(found.get((store_id, day), {})))
            for day in last_days
        ]
        for store_id in ids
    }


def _known(outcomes: Mapping[str, int]) -> dict[str, int]:
    return {name: n for name, n in outcomes.items() if name in DayOut.model_fields}
