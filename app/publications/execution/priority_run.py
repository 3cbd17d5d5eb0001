"""Lets stock that is lowered pass by a run that keeps the seller account busy.

A run may wait for minutes: for Back Market's task, for an outage to end. What is sold
out must not wait for that. Then the run that is next in line goes at once, with lowered
stock and nothing else; what it leaves has a follow-up, after the run that it passed by.
Two runs may so write the same listing: everything that is sent is absolute, and what
the slower one overwrites differs from the wish and is put right by the follow-up.
"""

import time
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import SellerAccount
from app.accounts.service import Limits
from app.accounts.shared_stock import shared_quantity_of
from app.publications.enums import PublicationKind
from app.publications.models import Publication
from app.publications.planning import counts
from app.publications.planning.inputs import Terms, plan_request
from app.stores import service as stores
from app.stores.models import Store

BUSY = timedelta(seconds=2)
LONGEST_LOOK = timedelta(seconds=20)
_COST = 20
"""How many times as long as a look took nobody looks again."""


async def pause_behind_others(
    session: AsyncSession,
    publication: Publication,
    store: Store,
    account: SellerAccount,
    limits: Limits,
) -> timedelta | None:
    """How long to wait for the account's runs; None: go.

    The publication is priority from now on when it passes by one of them.
    """
    found = await session.execute(
        text(
            "SELECT priority FROM publication WHERE account_id = :account "
            "AND state IN ('planning', 'sending', 'waiting')"
        ),
        {"account": account.id},
    )
    live = found.scalars().all()
    if not live:
        return None
    if any(live) or publication.kind != PublicationKind.OFFERS or publication.plan_id:
        return BUSY
    started = time.perf_counter()
    terms = Terms(
        subject_id=publication.id,
        account_id=account.id,
        siblings=await stores.siblings(session, store),
        limits=limits,
        policy=shared_quantity_of(account.shared_quantity),
        single_max=0,
        priority=True,
    )
    request = await plan_request(session, store, terms)
    if request.lines and await counts.lowers_stock(session, request):
        publication.priority = True
        return None
    took = timedelta(seconds=time.perf_counter() - started)
    return max(BUSY, min(took * _COST, LONGEST_LOOK))
