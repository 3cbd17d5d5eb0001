"""Reads the listings that are online in the markets without a store of an account.

Quantity is one number for all markets ("Live state", other markets). Pages are stored
as they are read, with the market and page to read next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountServices, open_access
from app.accounts.account_job import AccountJob
from app.accounts.models import SellerAccount
from app.backmarket.client import Access
from app.backmarket.errors import BackMarketNotFoundError, RequestRefusedError
from app.backmarket.markets import MARKETS, Market
from app.backmarket.wire.listings import Listing, ListingPage
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.database import Transaction
from app.drift.lifecycle import OTHER_MARKET_CHECK
from app.drift.models import OtherMarketCheck
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.offers.service import sku_key
from app.publications import listing_imports

log = structlog.get_logger(__name__)

ONLINE = 2
"""`publication_state` of a listing that is on sale (section 4.4)."""
FILTERS = {"publication_state": ONLINE, "min_quantity": 1}
PAGES_AT_A_TIME = 10
"""Pages that are read before they are stored."""
MAX_PAGES = 40_000
"""Two million listings: a list that is longer has no end."""

_SQL = load_statements(__package__, "other_markets.sql")


@dataclass(frozen=True, slots=True)
class OtherMarketsRun:
    """One turn of the check of an account: what is still to be read."""

    services: AccountServices
    lease: Lease
    account_id: UUID
    token_digest: str
    access: Access
    markets: tuple[str, ...]
    page: int

    def of_market(self, country: str) -> Access:
        return replace(self.access, market=MARKETS[country])


class OtherMarketsJob(AccountJob[OtherMarketsRun, OtherMarketCheck]):
    """Does as much of a check as can be done now."""

    name = "other_markets"
    lifecycle = OTHER_MARKET_CHECK
    row_type = OtherMarketCheck

    async def load(self, lease: Lease) -> OtherMarketsRun | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            account = await accounts.find(tx.session, lease.subject_id)
            state = None
            if account is not None:
                state = await _requested(tx.session, account.id)
            if account is None or state is None:
                await lease.finish(tx.session)
                return None
            return await self._load(tx, lease, account, state)

    async def _load(
        self,
        tx: Transaction,
        lease: Lease,
        account: SellerAccount,
        state: OtherMarketCheck,
    ) -> OtherMarketsRun | Snooze | None:
        blocked = await self.not_callable(tx, lease, account)
        if blocked:
            return None if blocked is True else blocked
        if state.state == "requested":
            await _begin(tx.session, account, state)
        self.lifecycle.move(state, "running")
        return OtherMarketsRun(
            services=self.services,
            lease=lease,
            account_id=account.id,
            token_digest=account.token_digest,
            access=open_access(self.services, lease, account),
            markets=tuple(state.markets),
            page=state.page,
        )

    async def work(self, _lease: Lease, loaded: OtherMarketsRun) -> Snooze | None:
        if loaded.markets:
            await _read_market(loaded)
            return Snooze(timedelta(0))
        await self._finish(loaded)
        return None

    async def _finish(self, run: OtherMarketsRun) -> None:
        values = {"account": run.account_id}
        async with self.services.database.transaction() as tx:
            await run.lease.ensure_held(tx.session)
            for name in ("replace", "delete_missing"):
                await tx.session.execute(_SQL[name], values)
            state = await tx.session.get_one(
                OtherMarketCheck, run.account_id, with_for_update=True
            )
            await self.end(tx.session, state, "done")
            state.read_at = state.finished_at
            await _wake_stores(tx, run.account_id)
            failpoint("other_markets.before_finish")
            await run.lease.finish(tx.session)
        log.info("other_markets.read")

    async def record_failure(
        self, tx: Transaction, row: OtherMarketCheck, reason: GiveUp
    ) -> None:
        await super().record_failure(tx, row, reason)
        await _wake_stores(tx, row.account_id)


async def _requested(
    session: AsyncSession, account_id: UUID
) -> OtherMarketCheck | None:
    """The account's check; None: it is done, and no other one was requested."""
    await session.execute(_SQL["ensure_requested"], {"account": account_id})
    state = await session.get_one(
        OtherMarketCheck, account_id, with_for_update=True, populate_existing=True
    )
    return None if state.state == "done" else state


async def _begin(
    session: AsyncSession, account: SellerAccount, state: OtherMarketCheck
) -> None:
    values = {"account": account.id}
    found = await session.execute(_SQL["countries"], values)
    with_store = set(found.scalars())
    state.markets = [
        market.country
        for market in MARKETS.values()
        if market.platform == account.platform and market.country not in with_store
    ]
    state.page = 1
    state.started_at = await accounts.database_now(session)
    await session.execute(_SQL["forget_found"], values)


async def _wake_stores(tx: Transaction, account_id: UUID) -> None:
    found = await tx.session.execute(_SQL["stores"], {"account": account_id})
    for store_id in found.scalars().all():
        await listing_imports.wake_waiting(tx, store_id, account_id)


async def _read_market(run: OtherMarketsRun) -> None:
    """Read the first market from the next page to the last."""
    country, *others = run.markets
    page: int | None = run.page
    while page:
        keys, page = await _read_pages(run, country, page)
        failpoint("other_markets.fetched")
        following = ([country, *others], page) if page else (others, 1)
        await _record(run, country, keys, *following)
        failpoint("other_markets.page_written")


async def _read_pages(
    run: OtherMarketsRun, country: str, page: int
) -> tuple[list[str], int | None]:
    """SKU keys on the next pages, and the page after them; None: it was the last one.

    Listings are sorted newest first (section 3): one that is created meanwhile moves
    the others down, so that some are read twice and none is missed.
    """
    keys: set[str] = set()
    for number in range(page, page + PAGES_AT_A_TIME):
        answer = await _page(run, country, number)
        keys |= set(online_keys(answer.items, MARKETS[country]))
        if not answer.has_next or number >= MAX_PAGES:
            return sorted(keys), None
    return sorted(keys), page + PAGES_AT_A_TIME


async def _page(run: OtherMarketsRun, country: str, page: int) -> ListingPage:
    """One page of what is online. A market that is refused has no listings."""
    client = run.services.back_market
    try:
        return await client.listings(run.of_market(country), page, filters=FILTERS)
    except (BackMarketNotFoundError, RequestRefusedError) as error:
        log.warning("other_markets.refused", market=country, reason=error.code)
        return ListingPage()


def online_keys(listings: Iterable[Listing], market: Market) -> Iterable[str]:
    """SKU keys of the listings that are online in a market. Pure.

    The filters may be ignored, and the language too: then the currency is another one.
    A listing without a price in a market is not live there.
    """
    return (
        sku_key(each.sku)
        for each in listings
        if each.sku
        and each.publication_state == ONLINE
        and (each.quantity or 0) > 0
        and each.price is not None
        and each.currency in {None, market.currency}
    )


async def _record(
    run: OtherMarketsRun, country: str, keys: list[str], markets: list[str], page: int
) -> None:
    """Store what was found in a market, and what is to be read next."""
    account = {"account": run.account_id}
    async with run.services.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        if keys:
            found = {"market": country, "keys": keys}
            await tx.session.execute(_SQL["add_found"], account | found)
        following = {"markets": markets, "page": page}
        await tx.session.execute(_SQL["advance"], account | following)
