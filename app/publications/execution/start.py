"""Starts a publication: checks its turn and opens access to the seller account."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts import tokens
from app.accounts.account_client import AccountServices, wait_for_request
from app.accounts.models import SellerAccount
from app.accounts.service import Limits
from app.accounts.shared_stock import shared_quantity_of
from app.backmarket.client import Access
from app.backmarket.markets import Environment, Market, Platform, market_of
from app.core.advisory_locks import try_lock_name
from app.core.columns import utc_now
from app.database import Transaction
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.publications import listing_imports
from app.publications.context import Run
from app.publications.enums import PublicationKind, PublicationState, Trigger
from app.publications.execution.finish import end_early
from app.publications.execution.priority_run import BUSY, GO, Turn, next_turn
from app.publications.lifecycle import OVER, PUBLICATION
from app.publications.models import Publication
from app.publications.scheduling import may_send
from app.stores import service as stores
from app.stores.leaving import that_may_sell, with_unknown_listings
from app.stores.models import Store

IMPORT_PAUSE = timedelta(seconds=0.5)
IMPORT_TIMEOUT = timedelta(minutes=2)
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The rows of a publication that may start or continue."""

    publication: Publication
    store: Store
    account: SellerAccount
    siblings: list[UUID]
    limits: Limits


async def start(tools: AccountServices, lease: Lease) -> Run | Snooze | None:
    """The run to continue; a Snooze if it must wait; None if it is over.

    Raises SecretUnreadableError if the token cannot be decrypted, and
    ListingsNotImportedError.
    """
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        loaded = await _load(tools, tx, lease)
        if loaded is None:
            await lease.finish(tx.session)
            return None
        if await _awaits_listings(tx, loaded):
            return Snooze(listing_imports.PAUSE)
        turn = await _turn(tx.session, loaded)
        if turn.pause:
            return Snooze(turn.pause, idle=True)
        _mark_started(loaded.publication, turn)
        await tx.session.flush()
        return _run_of(tools, lease, loaded)


async def _load(
    tools: AccountServices, tx: Transaction, lease: Lease
) -> _Loaded | None:
    """Lock the publication; cancel one that may not start or go on."""
    session = tx.session
    publication = await session.get(Publication, lease.subject_id, with_for_update=True)
    if publication is None or PublicationState(publication.state) in OVER:
        return None
    store = await stores.find(session, publication.store_id)
    if store is None or _may_not_run(publication, store):
        reason = GiveUp("store_inactive")
        await end_early(tx, publication, PublicationState.CANCELLED, reason)
        return None
    if publication.state == PublicationState.REQUESTED and store.account_id:
        publication.account_id = store.account_id
    account = await accounts.get(session, publication.account_id)
    siblings = await stores.siblings(session, store)
    limits = accounts.limits_of(account, tools.settings)
    return _Loaded(publication, store, account, siblings, limits)


def _may_not_run(publication: Publication, store: Store) -> bool:
    """An inactive store starts no run; what left its account goes on with none."""
    if store.account_id is None:
        return True
    if publication.state == PublicationState.REQUESTED:
        return not may_send(store, publication.trigger)
    return store.account_id != publication.account_id


async def _awaits_listings(tx: Transaction, loaded: _Loaded) -> bool:
    """Whether the run has to wait for live listings, and says so.

    Those of the store; for a store that leaves, also those of its siblings: what they
    sell must not be set to 0.
    """
    publication = loaded.publication
    if publication.state != PublicationState.REQUESTED:
        return False
    unread = [loaded.store]
    if publication.trigger == Trigger.DEPARTURE:
        selling = await that_may_sell(tx.session, loaded.siblings)
        unread += await with_unknown_listings(tx.session, selling)
    since = publication.requested_at
    awaited = any([await listing_imports.awaited(tx, each, since) for each in unread])
    publication.reason_code = listing_imports.REASON if awaited else None
    return awaited


async def _turn(session: AsyncSession, loaded: _Loaded) -> Turn:
    """Whether the run goes now: not before its time, its import and the account."""
    publication, now = loaded.publication, utc_now()
    pause = pause_until(publication.not_before, now)
    requested = publication.state == PublicationState.REQUESTED
    if not pause and requested and await _awaits_import(session, publication, now):
        pause = IMPORT_PAUSE
    pause = pause or pause_until(loaded.account.paused_until, now)
    if pause:
        return Turn(pause)
    if not requested:
        return GO
    if not await try_lock_name(session, f"run of {loaded.account.id}"):
        return Turn(BUSY)
    return await next_turn(
        session, publication, loaded.store, loaded.account, loaded.limits
    )


def pause_until(earliest: datetime | None, now: datetime) -> timedelta | None:
    """How long to wait for a time; None when it has come."""
    return earliest - now if earliest and earliest > now else None


async def _awaits_import(
    session: AsyncSession, publication: Publication, now: datetime
) -> bool:
    if publication.trigger in {Trigger.QUICK_UPDATE, Trigger.DEPARTURE}:
        return False
    due = max(publication.requested_at, publication.not_before or EARLIEST)
    return await awaits_import(session, publication.store_id, due, now)


async def awaits_import(
    session: AsyncSession, store_id: UUID, due: datetime, now: datetime
) -> bool:
    """Whether a catalog that was uploaded before `due` is still to be imported.

    A request right after an upload means the new catalog; a long import delays the
    run by at most IMPORT_TIMEOUT.
    """
    if now - due > IMPORT_TIMEOUT:
        return False
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM catalog_view WHERE store_id = :store "
            "AND state IN ('received', 'importing') AND created_at <= :due)"
        ),
        {"store": store_id, "due": due},
    )
    return bool(found)


def _mark_started(publication: Publication, turn: Turn) -> None:
    if turn.priority:
        publication.priority = True
    if publication.state == PublicationState.REQUESTED:
        PUBLICATION.move(publication, PublicationState.PLANNING)
        publication.started_at = utc_now()
    elif publication.state == PublicationState.WAITING:
        planned = publication.planned_at is not None
        to = PublicationState.SENDING if planned else PublicationState.PLANNING
        PUBLICATION.move(publication, to)


def _run_of(tools: AccountServices, lease: Lease, loaded: _Loaded) -> Run:
    publication, store, account = loaded.publication, loaded.store, loaded.account
    market = market_of(store.country)
    return Run(
        tools=tools,
        lease=lease,
        publication_id=publication.id,
        store_id=store.id,
        account_id=account.id,
        siblings=loaded.siblings,
        market=market,
        shared_quantity=shared_quantity_of(account.shared_quantity),
        limits=loaded.limits,
        access=_access(tools, lease, loaded, market),
        token_digest=account.token_digest,
        state=PublicationState(publication.state),
        kind=PublicationKind(publication.kind),
        publishes_products=store.publish_products,
        priority=publication.priority,
        trigger=publication.trigger,
        started_at=publication.started_at,
    )


def _access(
    tools: AccountServices, lease: Lease, loaded: _Loaded, market: Market
) -> Access:
    account_id, digest = loaded.account.id, loaded.account.token_digest
    rate = loaded.limits.requests_per_10s

    async def before_request(_method: str, _path: str) -> None:
        await wait_for_request(tools, lease, account_id, digest, rate)

    return Access(
        platform=Platform(loaded.account.platform),
        environment=Environment(loaded.account.environment),
        token=tokens.open_token(tools.vault, loaded.account),
        market=market,
        before_request=before_request,
    )
