"""Counts the backlog of a seller account by lane, over all its stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import line_budget
from app.accounts import service as accounts
from app.accounts.budget import (
    lines_left,
    reserve_of,
    sent_by,
    unreserved_lines,
    used_of,
)
from app.accounts.models import SellerAccount
from app.accounts.service import Limits
from app.accounts.shared_stock import shared_quantity_of
from app.publications.enums import Lane
from app.publications.planning import counts
from app.publications.planning.inputs import Terms, plan_request
from app.stores import service as stores

_STORES = text(
    "SELECT id, active AND publish_offers AS publishes FROM store_view "
    "WHERE account_id = :account ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Budget:
    """Lines of the hour that ends now, and the backlog; an empty lane has no ETA."""

    used: int
    remaining: int
    remaining_for_all: int
    queue: Mapping[Lane, int]
    etas: Mapping[Lane, datetime | None]

    @property
    def eta(self) -> datetime | None:
        """When the whole backlog is sent."""
        return max((eta for eta in self.etas.values() if eta), default=None)


async def budget_of(
    session: AsyncSession, account: SellerAccount, limits: Limits
) -> Budget:
    """Count the backlog of the account's stores and estimate when it is sent."""
    queue = await _queue(session, account, limits)
    spent = await line_budget.spends(session, account.id)
    now = await accounts.database_now(session)
    used = used_of(spent, now)
    limit, reserve = limits.lines_per_hour, reserve_of(limits.lines_per_hour)
    start = max(now, account.paused_until or now)
    counts = [queue[lane] for lane in Lane]
    etas = dict(zip(Lane, sent_by(limit - reserve, spent, start, counts), strict=True))
    lowered = [queue[Lane.STOCK_DOWN]]
    etas[Lane.STOCK_DOWN] = sent_by(limit, spent, start, lowered)[0]
    return Budget(
        used=used,
        remaining=lines_left(limit, used),
        remaining_for_all=unreserved_lines(limit, used),
        queue=queue,
        etas=etas,
    )


async def _queue(
    session: AsyncSession, account: SellerAccount, limits: Limits
) -> dict[Lane, int]:
    """Inactive stores and stores that publish no offers have no backlog."""
    rows = (await session.execute(_STORES, {"account": account.id})).all()
    ids = [row.id for row in rows]
    queue = dict.fromkeys(Lane, 0)
    for store in rows:
        if not store.publishes:
            continue
        terms = Terms(
            subject_id=store.id,
            account_id=account.id,
            siblings=[each for each in ids if each != store.id],
            limits=limits,
            policy=shared_quantity_of(account.shared_quantity),
            single_max=0,
        )
        request = await plan_request(
            session, await stores.require(session, store.id), terms
        )
        for lane, changes in (await counts.count_backlog(session, request)).items():
            queue[lane] += changes
    return queue
