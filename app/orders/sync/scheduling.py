"""Requests order syncs: by API, by schedule, after a token works again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.columns import utc_now
from app.core.errors import ConflictError, NotFoundError
from app.core.sql import load_sql
from app.core.statements import load_statements
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.orders.models import OrderSync
from app.settings import Settings
from app.stores.models import Store
from app.stores.schedule import next_due

SCHEDULE_LIMIT = 200
_SQL = load_statements(__package__, "scheduling.sql")
ANY_DUE = load_sql(__package__, "scheduling.sql")["any_due"]
"""SQL: whether an account may be due for a sync."""


async def orders_from(session: AsyncSession, account_id: UUID) -> datetime | None:
    """The earliest `orders_from` of the account's stores; None if one has none."""
    found: datetime | None = await session.scalar(
        _SQL["orders_from"], {"account": account_id}
    )
    return found


async def request(tx: Transaction, account_id: UUID) -> None:
    """Request a sync of the account, for all its stores."""
    await tx.session.execute(_SQL["request"], {"account": account_id})
    await tx.enqueue(JobKind.SYNC_ORDERS, account_id, account_id)


async def request_service_cases(tx: Transaction, account_id: UUID) -> None:
    """Fetch the service cases of the account if that is due."""
    if await tx.session.scalar(_SQL["request_service_cases"], {"account": account_id}):
        await tx.enqueue(JobKind.FETCH_SERVICE_CASES, account_id, account_id)


async def request_automations(tx: Transaction, account_id: UUID) -> None:
    """Apply automations to what was fetched, if a store of the account has some."""
    if await tx.session.scalar(_SQL["has_automations"], {"account": account_id}):
        await tx.enqueue(JobKind.AUTOMATE_ORDERS, account_id, account_id)


async def request_by_api(tx: Transaction, store: Store) -> OrderSync:
    """Request a sync of the store's account now. Raises ConflictError."""
    if store.account_id is None:
        raise ConflictError(
            "The store has no token yet: PUT /v1/stores/{id}/settings first.",
            code="no_seller_account",
        )
    await request(tx, store.account_id)
    return await progress(tx.session, store.account_id)


async def progress_of(session: AsyncSession, store: Store) -> OrderSync:
    """Raises NotFoundError before the first sync."""
    found = None
    if store.account_id:
        found = await session.get(OrderSync, store.account_id)
    if found is None:
        raise NotFoundError("The store has had no order sync yet.")
    return found


async def progress(session: AsyncSession, account_id: UUID) -> OrderSync:
    """The sync of an account, after the first request."""
    return await session.get_one(OrderSync, account_id, populate_existing=True)


async def request_due(tx: Transaction, settings: Settings) -> int:
    """Request syncs of accounts that are due; returns how many accounts were due.

    An account's first due time is a point in the interval that spreads the accounts.
    A refused token is checked instead.
    """
    rows = (await tx.session.execute(_SQL["due"], {"limit": SCHEDULE_LIMIT})).all()
    now = utc_now()
    for row in rows:
        if row.connection in {"refused", "forbidden"}:
            await tx.enqueue(JobKind.CHECK_CONNECTION, row.id, row.id)
        elif row.orders_due_at is not None:
            await request(tx, row.id)
    due = [next_due(row.id, settings.orders_interval, now) for row in rows]
    await accounts.set_orders_due(tx.session, [row.id for row in rows], due)
    return len(rows)
