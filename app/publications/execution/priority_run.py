"""Lets decreased stock overtake a run that occupies the seller account.

A run can wait for minutes: for a task of Back Market, or for the end of an outage.
Sold-out offers must not wait for that. The next run in the queue then starts at once as
a priority run. It sends decreased stock and nothing else; a follow-up sends the rest
after the run that it overtook. Both runs may write the same listing: every value is
absolute, and a value that the slower run overwrites differs from the desired state, so
the follow-up corrects it. What one of them is sending, the other leaves out.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import SellerAccount
from app.accounts.service import Limits
from app.accounts.shared_stock import shared_quantity_of
from app.publications.enums import PublicationKind, Trigger
from app.publications.models import Publication
from app.publications.planning import counts
from app.publications.planning.inputs import Terms, plan_request
from app.stores import service as stores
from app.stores.models import Store

BUSY = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=20)
_PAUSE_FACTOR = 20
"""The pause after a check, as a multiple of the time that the check took."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Wait for `pause`, or go: as a priority run or not."""

    pause: timedelta | None = None
    priority: bool = False


GO = Turn()


async def next_turn(
    session: AsyncSession,
    publication: Publication,
    store: Store,
    account: SellerAccount,
    limits: Limits,
) -> Turn:
    """Whether a requested run starts, waits for active runs, or overtakes them."""
    active = await _priorities_of_active_runs(session, account)
    if not active:
        return GO
    offers = publication.kind == PublicationKind.OFFERS
    if any(active) or not offers or publication.plan_id:
        return Turn(BUSY)
    started = time.perf_counter()
    if await _decreases_stock(session, publication, store, account, limits):
        return Turn(priority=True)
    took = timedelta(seconds=time.perf_counter() - started)
    return Turn(max(BUSY, min(took * _PAUSE_FACTOR, LONGEST_PAUSE)))


async def _priorities_of_active_runs(
    session: AsyncSession, account: SellerAccount
) -> Sequence[bool]:
    found = await session.execute(
        text(
            "SELECT priority FROM publication WHERE account_id = :account "
            "AND state IN ('planning', 'sending', 'waiting')"
        ),
        {"account": account.id},
    )
    return found.scalars().all()


async def _decreases_stock(
    session: AsyncSession,
    publication: Publication,
    store: Store,
    account: SellerAccount,
    limits: Limits,
) -> bool:
    terms = Terms(
        subject_id=publication.id,
        account_id=account.id,
        siblings=await stores.siblings(session, store),
        limits=limits,
        policy=shared_quantity_of(account.shared_quantity),
        single_max=0,
        priority=True,
        leaving=publication.trigger == Trigger.DEPARTURE,
    )
    request = await plan_request(session, store, terms)
    return bool(request.lines and await counts.lowers_stock(session, request))
