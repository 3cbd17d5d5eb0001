"""Takes up a publication: loads what it needs and gives it the seller account."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.account_client import AccountServices, wait_for_turn
from app.accounts.models import SellerAccount
from app.accounts.shared_stock import shared_quantity_of
from app.backmarket.client import Access
from app.backmarket.markets import Environment, Platform, market_of
from app.core.columns import utc_now
from app.jobs.lease import Lease, Snooze
from app.publications.context import Run
from app.publications.enums import PublicationKind, PublicationState, Trigger
from app.publications.execution import finish
from app.publications.execution.priority_run import pause_behind_others
from app.publications.lifecycle import OVER, advance
from app.publications.models import Publication
from app.stores import service as stores
from app.stores.models import Store

IMPORT_PAUSE = timedelta(seconds=0.5)
IMPORT_PATIENCE = timedelta(minutes=2)
EARLIEST = datetime.min.replace(tzinfo=UTC)


async def take_up(tools: AccountServices, lease: Lease) -> Run | Snooze | None:
    """The run to go on with; a Snooze when it is not its turn; None when it is over.

    Raises IntegrityError when another run of the account starts at the same time,
    SecretUnreadableError when the token cannot be decrypted.
    """
    async with tools.database.transaction() as tx:
        await lease.ensure_held(tx.session)
        publication = await tx.session.get(
            Publication, lease.subject_id, with_for_update=True
        )
        if publication is None or PublicationState(publication.state) in OVER:
            await lease.finish(tx.session)
            return None
        store = await tx.session.get(Store, publication.store_id)
        if (
            store is None
            or store.account_id is None
            or not _may_start(publication, store)
        ):
            await finish.cancel(tx.session, publication, "store_inactive")
            await lease.finish(tx.session)
            return None
        pause = await _pause(tools, tx.session, publication, store)
        if pause:
            return Snooze(pause, idle=True)
        account = await accounts.get(tx.session, publication.account_id)
        siblings = await stores.siblings(tx.session, store)
        await tx.session.flush()
        return _run(tools, lease, publication, store, account, siblings)


def _may_start(publication: Publication, store: Store) -> bool:
    """A run that has begun is carried to its end; a new one needs an active store."""
    return publication.state != PublicationState.REQUESTED or store.active


async def _pause(
    tools: AccountServices,
    session: AsyncSession,
    publication: Publication,
    store: Store,
) -> timedelta | None:
    """Start a requested run if its time has come and the account is free."""
    now = utc_now()
    if publication.not_before and publication.not_before > now:
        return publication.not_before - now
    requested = publication.state == PublicationState.REQUESTED
    if requested:
        asked = max(publication.requested_at, publication.not_before or EARLIEST)
        quick = publication.trigger == Trigger.QUICK_UPDATE
        if not quick and await awaits_import(session, publication.store_id, asked, now):
            return IMPORT_PAUSE
        assert store.account_id is not None  # noqa: S101 - take_up looked
        publication.account_id = store.account_id
    account = await accounts.get(session, publication.account_id)
    if account.paused_until and account.paused_until > now:
        return account.paused_until - now
    if requested:
        limits = accounts.limits_of(account, tools.settings)
        behind = await pause_behind_others(session, publication, store, account, limits)
        if behind:
            return behind
        publication.state = advance(
            PublicationState.REQUESTED, PublicationState.PLANNING
        )
        publication.started_at = now
    elif publication.state == PublicationState.WAITING:
        to = (
            PublicationState.SENDING
            if publication.planned_at
            else PublicationState.PLANNING
        )
        publication.state = advance(PublicationState.WAITING, to)
    return None


async def awaits_import(
    session: AsyncSession, store_id: UUID, asked: datetime, now: datetime
) -> bool:
    """Whether a catalog came before the request that is not read yet.

    Who uploads and publishes at once means the new catalog; but a long import holds
    no run up for longer than our patience.
    """
    if now - asked > IMPORT_PATIENCE:
        return False
    found = await session.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM catalog WHERE store_id = :store "
            "AND state IN ('received', 'importing') AND created_at <= :asked)"
        ),
        {"store": store_id, "asked": asked},
    )
    return bool(found)


def _run(  # noqa: PLR0913, PLR0917 - the parts of a run, each loaded above
    tools: AccountServices,
    lease: Lease,
    publication: Publication,
    store: Store,
    account: SellerAccount,
    siblings: list[UUID],
) -> Run:
    limits = accounts.limits_of(account, tools.settings)
    market = market_of(store.country)

    async def before_request(_method: str, _path: str) -> None:
        await wait_for_turn(tools, lease, account.id, limits.requests_per_10s)

    access = Access(
        platform=Platform(account.platform),
        environment=Environment(account.environment),
        token=accounts.open_token(tools.vault, account),
        market=market,
        before_request=before_request,
    )
    return Run(
        tools=tools,
        lease=lease,
        publication_id=publication.id,
        store_id=store.id,
        account_id=account.id,
        siblings=siblings,
        market=market,
        shared_quantity=shared_quantity_of(account.shared_quantity),
        limits=limits,
        access=access,
        token_digest=account.token_digest,
        state=PublicationState(publication.state),
        kind=PublicationKind(publication.kind),
        publishes_products=store.publish_products,
        priority=publication.priority,
        trigger=publication.trigger,
        started_at=publication.started_at,
    )


async def may_send(run: Run) -> bool:
    """Whether the store still publishes; asked before each call."""
    async with run.tools.database.transaction() as tx:
        found = await tx.session.scalar(
            text("SELECT active FROM store WHERE id = :id"), {"id": run.store_id}
        )
    return bool(found)
