"""Erases buyers' data of orders: on request, and after the retention time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.wire.orders import Order
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.core.vault import Vault
from app.database import Database
from app.events.service import record_events
from app.orders.buyers.addresses import NOT_PERSONAL, emails_of, in_progress
from app.orders.buyers.sealing import email_digests
from app.orders.order_events import ChangedBy, changed_event
from app.orders.search.index import Searchable, index_orders

log = structlog.get_logger(__name__)

BATCH = 500
"""Orders in one transaction."""
MOST_BATCHES = 40
"""Batches of one retention run: it goes on with the next one."""

SQL = load_statements(__package__, "buyers.sql")


@dataclass(frozen=True, slots=True)
class Erased:
    """What a request erased now, and whether a later run erases more."""

    orders: int
    is_open: bool


async def request_erasure(
    session: AsyncSession, vault: Vault, email: str, accounts: Collection[UUID] | None
) -> Erased:
    """Remember the request, and erase what can be erased at once.

    Orders in progress are erased when they have ended; orders that arrive later and
    are from before, on arrival. `accounts` None: all.
    """
    among = None if accounts is None else list(accounts)
    values = {"digests": email_digests(vault, email), "accounts": among}
    await session.execute(SQL["request"], values)
    found = await orders_of(session, vault, email, among, limit=BATCH)
    erased = await erase_orders(session, found)
    left = await orders_of(session, vault, email, among, limit=1)
    return Erased(erased, bool(left))


async def orders_of(  # noqa: PLR0913 - whose orders, and which page of them
    session: AsyncSession,
    vault: Vault,
    email: str,
    accounts: Collection[UUID] | None,
    *,
    before: UUID | None = None,
    limit: int,
) -> list[UUID]:
    """Ids of a buyer's orders, newest first; erased ones are not found."""
    values = {
        "digests": email_digests(vault, email),
        "accounts": None if accounts is None else list(accounts),
        "before": before,
        "limit": limit,
    }
    return list((await session.execute(SQL["of_buyer"], values)).scalars())


async def erased_on_arrival(
    session: AsyncSession, vault: Vault, account_id: UUID, orders: Sequence[Order]
) -> set[int]:
    """Numbers of fetched orders to be stored without their buyers.

    They were erased before, or are new and their buyers asked for erasure after they
    ordered. One in progress must still be handled, and is erased when it has ended.
    """
    stored = await _stored(session, account_id, orders)
    erased = {number for number, is_erased in stored.items() if is_erased}
    placed = await _placed_before_request(session, vault, account_id, orders)
    later = {
        order.id
        for order in orders
        if order.id in placed and (in_progress(order) or stored.get(order.id) is False)
    }
    if later:
        digests = sorted({digest for number in later for digest in placed[number]})
        values = {"account": account_id, "digests": digests}
        await session.execute(SQL["reopen_requests"], values)
    return erased | (placed.keys() - later)


async def _stored(
    session: AsyncSession, account_id: UUID, orders: Sequence[Order]
) -> dict[int, bool]:
    """The orders that are stored, and whether they are erased."""
    values = {"account": account_id, "numbers": [order.id for order in orders]}
    found = await session.execute(SQL["stored"], values)
    return {row.number: row.erased for row in found}


async def _placed_before_request(
    session: AsyncSession, vault: Vault, account_id: UUID, orders: Sequence[Order]
) -> dict[int, set[str]]:
    """The hashes of the requests, by the number of the order."""
    given = [
        (order.id, digest, order.created_at or order.paid_at or utc_now())
        for order in orders
        for email in emails_of([order.shipping_address, order.billing_address])
        for digest in email_digests(vault, email)
    ]
    if not given:
        return {}
    numbers, digests, times = map(list, zip(*given, strict=True))
    values = {"numbers": numbers, "digests": digests, "times": times}
    found = await session.execute(
        SQL["placed_before_request"], {**values, "account": account_id}
    )
    placed: dict[int, set[str]] = defaultdict(set)
    for row in found:
        placed[row.number].add(row.digest)
    return dict(placed)


async def erase_orders(session: AsyncSession, ids: Sequence[UUID]) -> int:
    """Erase buyers' data of these orders, unless they are in progress.

    Each is an event: other services may have copied the data.
    """
    values = {"ids": list(ids), "not_personal": sorted(NOT_PERSONAL)}
    found = await session.execute(SQL["erase"], values)
    rows = found.all()
    by_account: dict[UUID, list[Searchable]] = defaultdict(list)
    for row in rows:
        by_account[row.account_id].append(_searchable(row))
    for account_id, orders in by_account.items():
        await index_orders(session, account_id, orders)
    by = ChangedBy.ERASURE
    await record_events(session, [changed_event(r.account_id, r, by) for r in rows])
    return len(rows)


def _searchable(row: Any) -> Searchable:  # noqa: ANN401 - a row of `erase`
    return Searchable(
        row.id,
        addresses=[],
        numbers=[str(row.marketplace_id), *(row.skus or ())],
        merchant_order_id=row.merchant_order_id,
        invoice_number=row.invoice_number,
        tags=row.tags,
    )


async def erase_due(database: Database, keep: timedelta | None) -> int:
    """Erase what was asked for, and what is older than `keep`, in batches."""
    erased = await _erase_batches(database, "to_erase_by_request", {})
    async with database.transaction() as tx:
        await tx.session.execute(SQL["close_requests"])
    if keep is not None:
        before = {"before": utc_now() - keep}
        erased += await _erase_batches(database, "to_erase_by_age", before)
    if erased:
        log.info("buyers.erased", orders=erased)
    return erased


async def _erase_batches(
    database: Database, name: str, values: Mapping[str, object]
) -> int:
    """Each batch is a transaction: a kill between them loses nothing."""
    total = 0
    for _ in range(MOST_BATCHES):
        async with database.transaction() as tx:
            found = await tx.session.execute(SQL[name], {**values, "limit": BATCH})
            ids = list(found.scalars())
            erased = await erase_orders(tx.session, sorted(ids)) if ids else 0
        failpoint("buyers.batch_erased")
        total += erased
        if erased < BATCH:
            break
    return total
